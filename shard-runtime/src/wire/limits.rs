//! What one message may cost its reader.

/// Bounds on a single encoded value, checked in both directions.
///
/// They hold while writing too, so that what leaves a node is something that its peers accept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    /// The longest encoding, in bytes.
    pub(crate) message: usize,
    /// How deeply options, newtypes, sequences, tuples, maps, structs and enums may nest.
    pub(crate) depth: u32,
    /// How many elements of sequences and maps a message may have, all of them together, beyond one for each
    /// of its bytes. Only elements without a size come near: all others take a byte of their own.
    pub(crate) elements: usize,
}

impl Limits {
    /// The default limits with another bound on the size of a message.
    pub(crate) const fn of_message(message: usize) -> Self {
        Self { message, depth: 64, elements: 65_536 }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::of_message(1024 * 1024)
    }
}
