//! What the command line says.

use shard_runtime::Discovery;

const USAGE: &str = "\
usage: cluster [--name NAME] [--listen HOST:PORT] [--peers HOST:PORT,HOST:PORT… | --discovery HOW]

  --name       the node's name, the same after a restart         (or SHARD_NODE)
  --listen     where it listens; port 0 takes a free one         (or SHARD_LISTEN)
  --peers      other nodes, which need not be there yet          (or SHARD_PEERS)
  --discovery  how to find them: `gossip://HOST:PORT`, `mdns`…   (or SHARD_DISCOVERY)";

#[derive(Default)]
pub(crate) struct Args {
    pub(crate) name: Option<String>,
    pub(crate) listen: Option<String>,
    pub(crate) peers: Option<Vec<String>>,
    pub(crate) discovery: Option<Discovery>,
}

impl Args {
    pub(crate) fn parse(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut args = Self::default();
        while let Some(option) = words.next() {
            let mut value = || words.next().ok_or_else(|| format!("`{option}` needs a value\n\n{USAGE}"));
            match option.as_str() {
                "--name" => args.name = Some(value()?),
                "--listen" => args.listen = Some(value()?),
                "--peers" => args.peers = Some(value()?.split(',').map(str::to_owned).collect()),
                "--discovery" => {
                    args.discovery = Some(value()?.parse().map_err(|error| format!("{error}"))?);
                }
                _ => return Err(format!("there is no option `{option}`\n\n{USAGE}")),
            }
        }
        Ok(args)
    }
}
