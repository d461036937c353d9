//! A module without any prelude, not even the standard library's.

#![no_implicit_prelude]

use ::shard_runtime::{Node, State, sharded_module};

#[derive(::core::default::Default)]
struct Arena;

#[sharded_module]
impl Arena {
    async fn score(&self, _state: &State, player: &str, points: u32) -> ::core::result::Result<u32, u8> {
        let _ = player;
        ::core::result::Result::Ok(points)
    }

    async fn nothing(&self, _bytes: &[u8], _texts: &[&str], _owned: ::std::vec::Vec<u8>) {}

    fn players(&self) -> ::core::option::Option<usize> {
        ::core::option::Option::Some(3)
    }

    #[blocking]
    fn crunch(&self, data: &[u8]) -> usize {
        data.len()
    }

    // Constructors are no constructors without a prelude.
    fn arguments(&self, Ok: u8, Some: u8, None: u8, Err: u8) -> u8 {
        Ok + Some + None + Err
    }

    async fn on_start(&self, _node: &Node) {}

    fn on_stop(&self, _node: &Node) -> ::core::result::Result<(), ::std::string::String> {
        ::core::result::Result::Ok(())
    }
}
