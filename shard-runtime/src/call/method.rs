use crate::dispatch::{AnyEntry, RemoteMethod};
use crate::wire::NotStarted;

/// A method as a call names it: by its place in our own tables, with what an error needs to say.
#[derive(Clone, Copy)]
pub(crate) struct Method<'a> {
    pub(crate) entry: &'a dyn AnyEntry,
    pub(crate) name: &'a str,
    pub(crate) row: usize,
}

impl<'a> Method<'a> {
    pub(crate) fn of<M: RemoteMethod>(entry: &'a dyn AnyEntry) -> Self {
        Self { entry, name: M::NAME, row: M::INDEX }
    }

    /// Nobody hosts its module.
    pub(super) fn no_host(&self) -> NotStarted {
        NotStarted::NoHost { module: self.entry.name().to_owned() }
    }

    /// The other node's module has none of that name.
    pub(super) fn unknown(&self) -> NotStarted {
        NotStarted::UnknownMethod { module: self.entry.name().to_owned(), method: self.name.to_owned() }
    }

    /// It has another shape there.
    pub(super) fn incompatible(&self, theirs: u64) -> NotStarted {
        NotStarted::Incompatible {
            module: self.entry.name().to_owned(),
            method: self.name.to_owned(),
            ours: self.entry.signatures().get(self.row).map_or(0, |signature| signature.shape),
            theirs,
        }
    }
}
