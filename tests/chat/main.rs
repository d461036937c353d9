//! The own logic of `examples/chat`, with the tests that stand beside it: code that uses shards, and no node runs.
//!
//! Cargo would run these tests in the example itself, but then no longer build the example for `tests/examples`.

#[path = "../../examples/chat/client.rs"]
mod client;
#[path = "../../examples/chat/message.rs"]
mod message;
#[path = "../../examples/chat/motd.rs"]
mod motd;
#[path = "../../examples/chat/presence.rs"]
mod presence;
#[path = "../../examples/chat/room.rs"]
mod room;
#[path = "../../examples/chat/talk.rs"]
mod talk;
