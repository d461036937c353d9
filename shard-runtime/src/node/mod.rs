//! The shell: builder, tasks, timers, wiring, drain.

pub(crate) mod config;
