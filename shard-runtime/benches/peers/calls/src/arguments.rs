//! What the program was asked to do.

use std::env;
use std::process::Command;
use std::time::Duration;

use crate::Outcome;
use crate::load::Load;

/// The first argument of the process that serves.
pub(crate) const SERVER: &str = "server";

#[derive(Clone, Copy)]
pub(crate) enum Role {
    Server,
    Client,
}

pub(crate) struct Arguments {
    pub(crate) role: Role,
    /// The core that both processes are to run on; none, once they do.
    pub(crate) core: Option<u32>,
    quick: bool,
}

impl Arguments {
    pub(crate) fn read() -> Outcome<Self> {
        let mut read = Self { role: Role::Client, core: None, quick: false };
        let mut words = env::args().skip(1);
        while let Some(word) = words.next() {
            match word.as_str() {
                SERVER => read.role = Role::Server,
                "--quick" => read.quick = true,
                "--core" => read.core = Some(words.next().ok_or("`--core` needs a number")?.parse()?),
                _ => return Err(format!("`{word}`? there are `--quick` and `--core <number>`").into()),
            }
        }
        Ok(read)
    }

    /// Rounds and their lengths.
    pub(crate) fn load(&self) -> Load {
        if self.quick {
            Load { rounds: 3, window: Duration::from_millis(60) }
        } else {
            Load { rounds: 9, window: Duration::from_millis(250) }
        }
    }

    /// The whole program once more, on one core; the server inherits it.
    pub(crate) fn again_on_its_core(&self) -> Outcome {
        let core = self.core.unwrap_or_default().to_string();
        let mut command = Command::new("taskset");
        command.args(["--cpu-list", &core]).arg(env::current_exe()?);
        if self.quick {
            command.arg("--quick");
        }
        let status = command.status().map_err(|error| format!("`taskset` does not run: {error}"))?;
        if status.success() { Ok(()) } else { Err(format!("on core {core}: {status}").into()) }
    }
}
