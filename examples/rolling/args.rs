//! What the command line says.

use std::time::Duration;

const USAGE: &str = "\
usage: rolling [--short] [--rate CALLS] [--keys KEYS] [--quiet]

  --short  short sessions, fewer calls, and short pauses: for those in a hurry, and for tests
  --rate   keyed calls in a second                                          (500, short: 200)
  --keys   how many keys they are for                                       (10000, short: 1000)
  --quiet  no table, only the summary

The processes that it starts are `rolling node --cluster NAME --name NAME --listen HOST:PORT --peers HOST:PORT,…`.";

/// What this process is to be.
pub(crate) enum Args {
    Roll(Plan),
    Node(Setup),
}

/// How to go about the restarts.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// Keyed calls in a second.
    pub(crate) rate: u32,
    pub(crate) keys: u64,
    pub(crate) quiet: bool,
    /// How many sessions play at a time, and how long one plays at most.
    pub(crate) sessions: u64,
    pub(crate) session: Duration,
    /// How long everything is left alone before each restart.
    pub(crate) pause: Duration,
}

/// One of the five.
pub(crate) struct Setup {
    pub(crate) cluster: String,
    pub(crate) name: String,
    pub(crate) listen: String,
    pub(crate) peers: Vec<String>,
}

impl Args {
    pub(crate) fn parse(words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut words = words.peekable();
        if words.next_if(|word| word == "node").is_some() {
            return setup(words).map(Self::Node);
        }
        plan(words).map(Self::Roll)
    }
}

fn plan(mut words: impl Iterator<Item = String>) -> Result<Plan, String> {
    let (mut short, mut quiet, mut rate, mut keys) = (false, false, None, None);
    while let Some(option) = words.next() {
        let mut number = || {
            let value = words.next().unwrap_or_default();
            let number = value.parse::<u32>().ok().filter(|number| (1..=1_000_000).contains(number));
            number.ok_or_else(|| format!("`{option}` needs a number from 1 to 1000000\n\n{USAGE}"))
        };
        match option.as_str() {
            "--short" => short = true,
            "--quiet" => quiet = true,
            "--rate" => rate = Some(number()?),
            "--keys" => keys = Some(number()?),
            _ => return Err(format!("there is no option `{option}`\n\n{USAGE}")),
        }
    }
    let standard = if short { (200, 1_000, 10, 600, 300) } else { (500, 10_000, 25, 4_000, 2_000) };
    let (standard_rate, standard_keys, sessions, session, pause) = standard;
    Ok(Plan {
        rate: rate.unwrap_or(standard_rate),
        keys: keys.unwrap_or(standard_keys).into(),
        quiet,
        sessions,
        session: Duration::from_millis(session),
        pause: Duration::from_millis(pause),
    })
}

fn setup(mut words: impl Iterator<Item = String>) -> Result<Setup, String> {
    let (mut cluster, mut name, mut listen, mut peers) = (None, None, None, None);
    while let Some(option) = words.next() {
        let into = match option.as_str() {
            "--cluster" => &mut cluster,
            "--name" => &mut name,
            "--listen" => &mut listen,
            "--peers" => &mut peers,
            _ => return Err(format!("there is no option `{option}`\n\n{USAGE}")),
        };
        *into = words.next();
    }
    let given =
        |value: Option<String>| value.ok_or_else(|| format!("a node needs all its options\n\n{USAGE}"));
    Ok(Setup {
        cluster: given(cluster)?,
        name: given(name)?,
        listen: given(listen)?,
        peers: given(peers)?.split(',').map(str::to_owned).collect(),
    })
}
