//! What processes spend of the processors.

use std::fs;
use std::process;
use std::time::Duration;

use crate::Outcome;

/// This process and the server.
pub(crate) struct Processes([u32; 2]);

impl Processes {
    pub(crate) fn new(server: u32) -> Self {
        Self([process::id(), server])
    }

    /// What all threads of both have spent so far, to the nanosecond as the scheduler counts: `/proc/<pid>/stat` counts
    /// in hundredths of a second.
    pub(crate) fn spent(&self) -> Outcome<Duration> {
        let mut nanoseconds = 0;
        for process in self.0 {
            for thread in fs::read_dir(format!("/proc/{process}/task"))? {
                // A thread that has ended meanwhile is none.
                let Ok(text) = fs::read_to_string(thread?.path().join("schedstat")) else { continue };
                let spent = text.split_whitespace().next().ok_or("an empty schedstat")?;
                nanoseconds += spent.parse::<u64>()?;
            }
        }
        Ok(Duration::from_nanos(nanoseconds))
    }
}
