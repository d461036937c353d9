//! Credit, and how streams end.

use proptest::prelude::*;

use crate::wire::outcome::{NotStarted, Unknown};
use crate::wire::reply::{Reply, ReplyError};
use crate::wire::stream::{StreamEnd, read_credit, write_credit};

proptest! {
    #[test]
    fn credit_comes_back(bytes in 1..=u32::MAX) {
        let mut body = Vec::new();
        write_credit(&mut body, bytes);
        prop_assert_eq!(read_credit(&body), Ok(bytes));
        prop_assert!(read_credit(&body[1..]).is_err());
        body.push(0);
        prop_assert!(read_credit(&body).is_err());
    }

    #[test]
    fn ends_come_back(text in ".{0,50}") {
        for end in [
            StreamEnd::Complete,
            StreamEnd::Panicked(text.clone().into()),
            StreamEnd::Unknown(Unknown::Deadline),
            StreamEnd::Unknown(Unknown::CannotEncodeReply(text)),
        ] {
            let mut body = Vec::new();
            end.clone().write(&mut body).unwrap();
            prop_assert_eq!(StreamEnd::read(&body).unwrap(), end);
        }
    }

    #[test]
    fn any_bytes_are_an_end_or_refused(body in proptest::collection::vec(any::<u8>(), 0..100)) {
        let _ = (StreamEnd::read(&body), read_credit(&body));
    }
}

#[test]
fn credit_for_nothing_is_refused() {
    assert!(read_credit(&[0; 4]).is_err());
    assert!(read_credit(&[]).is_err());
}

#[test]
fn a_stream_that_runs_has_not_failed_to_start() {
    for reply in [
        Reply::Value(&[0]),
        Reply::Module(&[]),
        Reply::Module(&[1]),
        Reply::NotStarted(NotStarted::Overloaded),
    ] {
        let mut body = Vec::new();
        reply.write(&mut body).unwrap();
        assert_eq!(StreamEnd::read(&body), Err(ReplyError::NotAnEnd));
    }
    assert_eq!(StreamEnd::read(&[9]), Err(ReplyError::UnknownOutcome(9)));
    assert!(StreamEnd::read(&[]).is_err());
}
