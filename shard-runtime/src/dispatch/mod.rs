//! The callee's half: from a row of the table to the method and back to bytes.

mod adapt;
mod attribute;
mod blocking;
mod boxed;
mod egress;
mod elsewhere;
mod line;
mod method;
mod outlet;
mod passage;
mod plain;
mod registry;
mod row;
mod running;
mod waiting;
mod within;

pub use adapt::{ByteSlice, ByteVec, CowStr, Fallible, IsNotResult, Never, Probe, fallible, plain};
pub use attribute::{Attribute, IsAttribute};
pub(crate) use boxed::Running;
pub(crate) use egress::Egress;
pub(crate) use elsewhere::{LARGE, elsewhere};
pub(crate) use line::Line;
pub use method::{Argument, BlockingMethod, PlainMethod, RemoteMethod, StreamMethod, UnaryMethod};
pub(crate) use outlet::send_all;
pub use outlet::{Finished, Outlet};
pub(crate) use passage::OutcomePassage;
pub use passage::{NoPassage, Passage, PassageOf, StaysHome, Travels};
pub(crate) use plain::AtOnce;
pub use plain::row_plain;
pub(crate) use registry::{AnyEntry, Entry, FakeRows, NotPlain, Registry, RowNumber, SlotHooks};
pub(crate) use row::{Facts, Runs, not_encoded, panic_taken, panic_text, stream_fingerprint};
pub use row::{Inbound, Row, row, row_blocking, row_stream};
pub(crate) use running::{Admitted, Place, RunningCount};
