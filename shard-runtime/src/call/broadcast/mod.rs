//! One call to every node that hosts a module, and the ways to wait for what comes back.

mod answers;
mod ask;
mod budget;
mod call;
mod error;
mod link;
mod opening;
mod replies;
mod request;
#[cfg(test)]
mod tests;

pub use answers::Answers;
pub use call::BroadcastCall;
pub use error::BroadcastError;
pub use link::BroadcastLink;
pub use replies::Replies;
