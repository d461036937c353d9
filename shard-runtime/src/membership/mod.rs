//! Who is in the cluster, as data.
//!
//! Pure: reports come in as [`Event`]s with the time, and what they changed comes out as [`Change`]s for
//! the caller to log and act on. Nothing here knows where reports come from or how keys are placed.

mod boot;
mod change;
mod dead;
mod event;
mod member;
mod name;
mod role;
mod state_machine;
mod version;
mod view;

pub use boot::Boot;
pub(crate) use change::Change;
pub(crate) use event::{Event, LeaveReason};
pub(crate) use member::Age;
pub use member::{HostedModule, Member, MemberState};
pub use name::{NameError, NodeName};
pub(crate) use role::{MAX_ROLE, MAX_ROLES, is_role};
pub(crate) use state_machine::Membership;
pub use view::View;
