//! What a room tells those who are in it.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Message {
    /// Somebody has said something. The room keeps it for a while.
    Said {
        at: Mark,
        from: String,
        text: String,
    },
    /// Somebody is about to.
    Typing {
        from: String,
    },
    Came {
        who: String,
    },
    Went {
        who: String,
    },
    /// The reader was too slow, or away for too long: so many were not kept for it.
    Missed {
        count: u64,
    },
}

/// The place of something said among all that was said in its room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mark {
    /// Which talk: a room that another node takes over begins a new one.
    pub(crate) talk: u64,
    /// One for the first.
    pub(crate) number: u64,
}
