//! The items of a faked stream, on their way to its reader.

use core::future::poll_fn;
use core::pin::pin;

use futures::{Stream, StreamExt as _};
use serde::Serialize;
use tokio::time::timeout;

use crate::dispatch::{Egress, Inbound};
use crate::wire::items::append_item;
use crate::wire::{Answer, Codec as _, EncodeError, Reply, Unknown, Wire};

/// Sends what the stream gives, no faster than it is read, up to its end or its first failure.
pub(super) async fn send<T: Serialize>(
    call: &Inbound,
    to: &dyn Egress,
    stream: impl Stream<Item = Result<T, Unknown>>,
) -> Answer {
    let mut stream = pin!(stream);
    to.open();
    while let Some(item) = stream.next().await {
        let sent = match item.and_then(|item| encoded(call, &item)) {
            Ok(bytes) => flush(call, to, &bytes).await,
            Err(reason) => Err(reason),
        };
        if let Err(reason) = sent {
            return Answer::unknown(call.id, &reason);
        }
    }
    Answer::of(call.id, &Reply::Value(&[]))
}

fn encoded<T: Serialize>(call: &Inbound, item: &T) -> Result<Vec<u8>, Unknown> {
    let mut bytes = Vec::new();
    append_item(&mut bytes, |out| Wire::encode(item, out, &call.limits)).map_err(|error| match error {
        EncodeError::TooLarge { size, limit } => {
            Unknown::ReplyTooLarge { size: size as u64, limit: limit as u64 }
        }
        other => Unknown::CannotEncodeReply(other.to_string()),
    })?;
    Ok(bytes)
}

async fn flush(call: &Inbound, to: &dyn Egress, mut rest: &[u8]) -> Result<(), Unknown> {
    while !rest.is_empty() {
        let room = timeout(call.patience, poll_fn(|cx| to.poll_room(cx)));
        let room = room.await.map_err(|_| Unknown::SlowReader)?;
        let (now, later) = rest.split_at(room.min(rest.len()));
        to.send(now);
        rest = later;
    }
    Ok(())
}
