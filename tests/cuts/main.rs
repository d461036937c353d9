//! The network fails at each boundary of a frame, and in the middle of each. Whatever happens, a call ends once and
//! in time (I2), its body runs once at most (I1), and what its caller is told is true (I3): the counters in the
//! bodies are the judge.

#![expect(clippy::similar_names, reason = "a caller stands beside a callee")]

mod counter;
mod frame;
mod pair;
#[path = "../ancestor/fixture/patience.rs"]
mod patience;
mod relay;
mod script;
mod verdict;

mod cancels;
mod chunks;
mod dropped;
mod handshake;
mod held;
mod killed;
mod repeats;
mod streams;
mod sweep;
mod twice;
