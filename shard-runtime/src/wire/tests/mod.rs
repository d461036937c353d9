//! Round trips, hostile bytes, and the vectors that freeze the layouts.

mod chunks;
mod codec;
mod frames;
mod golden;
mod hostile;
mod items;
mod messages;
mod streams;
