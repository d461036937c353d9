//! The arrows between folders.
