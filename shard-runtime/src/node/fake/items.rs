//! The items of a faked stream, on their way to its reader.

use core::pin::pin;

use futures::{Stream, StreamExt as _};
use serde::Serialize;

use crate::dispatch::{Egress, Inbound, not_encoded, send_all};
use crate::wire::items::append_item;
use crate::wire::{Answer, Codec as _, Reply, Unknown, Wire};

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
            Ok(bytes) => send_all(to, call.patience, &bytes).await,
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
    append_item(&mut bytes, |out| Wire::encode(item, out, &call.limits)).map_err(not_encoded)?;
    Ok(bytes)
}
