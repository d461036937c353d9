use crate::dispatch::{AnyEntry, RemoteMethod};

/// A method as a call names it: by its place in our own tables, with what an error needs to say.
pub(crate) struct Method<'a> {
    pub(crate) module: &'a str,
    pub(crate) module_index: usize,
    pub(crate) name: &'a str,
    pub(crate) row: usize,
    pub(crate) shape: u64,
}

impl<'a> Method<'a> {
    pub(crate) fn of<M: RemoteMethod>(entry: &'a dyn AnyEntry) -> Self {
        Self::new(entry, M::NAME, M::INDEX)
    }

    pub(crate) fn new(entry: &'a dyn AnyEntry, name: &'a str, row: usize) -> Self {
        Self {
            module: entry.name(),
            module_index: entry.index(),
            name,
            row,
            shape: entry.signatures().get(row).map_or(0, |signature| signature.shape),
        }
    }
}
