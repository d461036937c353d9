//! What the program is told.

use std::time::Duration;

use crate::bed::Place;

pub(crate) enum Role {
    List,
    /// The other process of a placement in two, with that many nodes.
    Serve {
        nodes: usize,
    },
    Measure(Options),
}

pub(crate) struct Options {
    pub(crate) check: bool,
    quick: bool,
    only: Option<String>,
    place: Option<Place>,
}

pub(crate) const SECTIONS: [&str; 6] = ["latency", "rate", "large", "stream", "broadcast", "variants"];

impl Options {
    pub(crate) fn read(mut arguments: impl Iterator<Item = String>) -> Result<Role, String> {
        let mut options = Self { check: false, quick: false, only: None, place: None };
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--list" => return Ok(Role::List),
                "--serve" => {
                    let nodes = arguments.next().and_then(|nodes| nodes.parse().ok());
                    return Ok(Role::Serve { nodes: nodes.ok_or("how many nodes are to be served?")? });
                }
                // cargo bench says so.
                "--bench" => {}
                "--check" => options.check = true,
                "--quick" => options.quick = true,
                "--only" => {
                    let name = arguments.next().filter(|name| SECTIONS.contains(&name.as_str()));
                    options.only = Some(name.ok_or_else(|| format!("the sections are {SECTIONS:?}"))?);
                }
                "--place" => match arguments.next().as_deref() {
                    Some("one") => options.place = Some(Place::OneProcess),
                    Some("two") => options.place = Some(Place::TwoProcesses),
                    _ => return Err("the places are `one` and `two`".to_owned()),
                },
                other => return Err(format!("what is {other:?}?")),
            }
        }
        Ok(Role::Measure(options))
    }

    pub(crate) fn wants(&self, section: &str) -> bool {
        self.only.as_deref().is_none_or(|only| only == section)
    }

    pub(crate) fn places(&self) -> Vec<Place> {
        self.place.map_or_else(|| vec![Place::OneProcess, Place::TwoProcesses], |place| vec![place])
    }

    /// Rounds that count.
    pub(crate) fn rounds(&self) -> usize {
        if self.quick { 3 } else { 11 }
    }

    /// How long many call at once in a round.
    pub(crate) fn time(&self) -> Duration {
        Duration::from_millis(if self.quick { 100 } else { 250 })
    }

    /// Calls one after the other in a round.
    pub(crate) fn trips(&self) -> u32 {
        if self.quick { 500 } else { 2_000 }
    }

    /// Items of a stream in a round.
    pub(crate) fn items(&self) -> u32 {
        if self.quick { 500 } else { 2_000 }
    }
}
