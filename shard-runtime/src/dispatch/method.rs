//! What generated code says about one method of a module.

use core::future::{Future, ready};
use core::time::Duration;

use super::outlet::{Finished, Outlet};
use super::passage::Passage;
use crate::state::State;

/// One method of a module, as the caller and the callee see it. Implemented by generated code on a
/// private type per method.
pub trait RemoteMethod: Send + Sync + Sized + 'static {
    /// The type whose method it is.
    type Module: Send + Sync + 'static;
    /// The arguments as the caller has them, borrowed where the method borrows.
    type Args<'a>: Send;
    /// The arguments as the callee decodes them, borrowing from the frame where they can.
    type Decoded<'a>: Send;
    /// The result, without its `Result`; of a stream one item.
    type Value: Send + 'static;
    /// The method's own error; [`Never`](super::Never) when it has none.
    type Error: Send + 'static;
    /// The name by which nodes match it.
    const NAME: &'static str;
    /// Its row in the module's table in this build.
    const INDEX: usize;
    /// The arguments as written, for messages.
    const ARGUMENTS: &'static [Argument];
    /// The result as written, for messages.
    const WRITTEN: &'static str;
    /// How all of these cross the wire.
    const PASSAGE: Passage<Self>;
    /// How long a call may take when its caller does not say; `None` for what the caller's node has.
    const TIMEOUT: Option<Duration> = None;
    /// Whether running it twice is as good as once, so that a call may be sent again that may have run.
    const IDEMPOTENT: bool = false;
    /// Whether it runs to its end even if nobody waits for it any more.
    const DETACHED: bool = false;
}

/// A method that gives one result, polled by the runtime.
pub trait UnaryMethod: RemoteMethod {
    /// Runs the method.
    fn serve<'a>(
        module: &'a Self::Module,
        state: &'a State,
        args: Self::Decoded<'a>,
    ) -> impl Future<Output = Result<Self::Value, Self::Error>> + Send;
}

/// A method that gives one result at once, since it never waits.
pub trait PlainMethod: RemoteMethod {
    /// Runs the method where its call was read.
    fn run<'a>(
        module: &'a Self::Module,
        state: &'a State,
        args: Self::Decoded<'a>,
    ) -> Result<Self::Value, Self::Error>;
}

impl<M: PlainMethod> UnaryMethod for M {
    fn serve<'a>(
        module: &'a Self::Module,
        state: &'a State,
        args: Self::Decoded<'a>,
    ) -> impl Future<Output = Result<Self::Value, Self::Error>> + Send {
        ready(M::run(module, state, args))
    }
}

/// A method that occupies its thread and therefore runs beside the runtime's own.
pub trait BlockingMethod: RemoteMethod {
    /// Runs the method on the thread that calls this.
    fn run<'a>(
        module: &'a Self::Module,
        state: &'a State,
        args: Self::Decoded<'a>,
    ) -> Result<Self::Value, Self::Error>;
}

/// A method that gives a stream.
pub trait StreamMethod: RemoteMethod {
    /// Runs the method, and hands what it gives to `out`, to the end of the stream. Whatever the stream borrows
    /// is owned by this future.
    fn stream<'a>(
        module: &'a Self::Module,
        state: &'a State,
        args: Self::Decoded<'a>,
        out: Outlet<Self>,
    ) -> impl Future<Output = Finished> + Send;
}

/// An argument as written in the user's block.
#[derive(Debug, Clone, Copy)]
pub struct Argument {
    /// Its name.
    pub name: &'static str,
    /// Its type, as written.
    pub written: &'static str,
}
