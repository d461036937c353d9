//! One run of cargo, and what it took.

use std::env;
use std::error::Error;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::service::Service;

/// What cargo is asked for.
#[derive(Clone, Copy)]
pub(crate) enum Ask {
    /// To check, with what the compiler remembers of the last time.
    CheckAgain,
    /// To check from nothing.
    Check,
    /// To build for debugging, from nothing.
    Build,
}

/// By the clock, and of all processors.
#[derive(Clone, Copy)]
pub(crate) struct Took {
    pub(crate) time: Duration,
    pub(crate) cpu: Duration,
}

/// What one run on a service takes. Whatever it depends on has been built before.
pub(crate) fn run(ask: Ask, service: Service, source: &str) -> Result<Took, Box<dyn Error>> {
    // Written anew, so that cargo sees a change and the compiler, where it remembers, sees none.
    fs::write(here().join(service.to_string()).join("src/generated.rs"), source)?;
    let (command, incremental) = match ask {
        Ask::CheckAgain => ("check", "1"),
        Ask::Check => ("check", "0"),
        Ask::Build => ("build", "0"),
    };
    let cpu = of_children()?;
    let begin = Instant::now();
    let status = Command::new(env::var_os("CARGO").unwrap_or("cargo".into()))
        .current_dir(here())
        .args([command, "--quiet", "--locked", "--package", &format!("compile-{service}")])
        .env("CARGO_INCREMENTAL", incremental)
        .status()?;
    let took = Took { time: begin.elapsed(), cpu: of_children()?.saturating_sub(cpu) };
    if status.success() { Ok(took) } else { Err(format!("`cargo {command}` of `{service}` failed").into()) }
}

pub(crate) fn median(times: impl IntoIterator<Item = Duration>) -> Duration {
    let mut times = times.into_iter().collect::<Vec<_>>();
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn here() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// What the children that have ended have spent, in hundredths of a second (`cutime` and `cstime` of proc(5)): other
/// work on the machine hardly shows in it. Nothing where there is no such file.
fn of_children() -> Result<Duration, Box<dyn Error>> {
    let Ok(text) = fs::read_to_string("/proc/self/stat") else { return Ok(Duration::ZERO) };
    // The name of the program, in brackets, is the only field that can have spaces.
    let (_, fields) = text.rsplit_once(')').ok_or("`/proc/self/stat` has no name")?;
    let mut spent = 0;
    for field in fields.split_whitespace().skip(13).take(2) {
        spent += field.parse::<u64>()?;
    }
    Ok(Duration::from_millis(spent * 10))
}
