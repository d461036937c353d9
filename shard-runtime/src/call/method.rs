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
    pub(crate) fn of<M: RemoteMethod>(entry: &'a dyn AnyEntry, module_index: usize) -> Self {
        Self {
            module: entry.name(),
            module_index,
            name: M::NAME,
            row: M::INDEX,
            shape: entry.signatures().get(M::INDEX).map_or(0, |signature| signature.shape),
        }
    }
}
