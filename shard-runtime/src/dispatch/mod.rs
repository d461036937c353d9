//! The callee's half: from a row of the table to the method and back to bytes.

mod adapt;
mod method;
mod passage;
mod registry;
mod row;
mod running;

pub use adapt::{ByteSlice, ByteVec, CowStr, Fallible, IsNotResult, Never, Probe, fallible, plain, ready};
pub use method::{Argument, BlockingMethod, RemoteMethod};
pub(crate) use passage::OutcomePassage;
pub use passage::{NoPassage, Passage, PassageOf, StaysHome, Travels};
pub(crate) use registry::{AnyEntry, Entry, Registry, RowNumber, SlotHooks};
pub use row::{Inbound, Row, row, row_blocking};
pub(crate) use row::{Running, panic_text};
pub(crate) use running::{Admitted, RunningCount};
