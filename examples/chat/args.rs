//! What the command line says.

use shard_runtime::Discovery;

const USAGE: &str = "\
usage: chat                       a scene with three nodes in this process
       chat --name NAME [--listen HOST:PORT] [--discovery HOW]

  --name       the node's name, and that of the user at its console
  --listen     where it listens; port 0 takes a free one         (or SHARD_LISTEN)
  --discovery  how to find others: `gossip://HOST:PORT`, `mdns`… (or SHARD_DISCOVERY)";

/// What to be.
pub(crate) enum Args {
    Scene,
    Node { name: String, listen: Option<String>, discovery: Option<Discovery> },
}

impl Args {
    pub(crate) fn parse(words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut words = words.peekable();
        if words.peek().is_none() {
            return Ok(Self::Scene);
        }
        let (mut name, mut listen, mut discovery) = (None, None, None);
        while let Some(option) = words.next() {
            let mut value = || words.next().ok_or_else(|| format!("`{option}` needs a value\n\n{USAGE}"));
            match option.as_str() {
                "--name" => name = Some(value()?),
                "--listen" => listen = Some(value()?),
                "--discovery" => discovery = Some(value()?.parse().map_err(|error| format!("{error}"))?),
                _ => return Err(format!("there is no option `{option}`\n\n{USAGE}")),
            }
        }
        let name = name.ok_or_else(|| format!("a node needs a `--name`\n\n{USAGE}"))?;
        Ok(Self::Node { name, listen, discovery })
    }
}
