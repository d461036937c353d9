//! What the command line says.

use std::path::PathBuf;

const USAGE: &str = "\
usage: gateway [--name NAME] [--listen HOST:PORT] [--peers HOST:PORT,HOST:PORT…] [--http HOST:PORT] [--secrets FILE]

  --name     the node's name, the same after a restart        (or SHARD_NODE)
  --listen   where other nodes reach it                       (or SHARD_LISTEN)
  --peers    other nodes, which need not be there yet         (or SHARD_PEERS)
  --http     where clients reach it; 127.0.0.1:0 if not said, which takes a free port
  --secrets  a file of the cluster's secrets, one a line, the current one first; read again on SIGHUP
                                                              (or SHARD_SECRET)";

pub(crate) struct Args {
    pub(crate) name: Option<String>,
    pub(crate) listen: Option<String>,
    pub(crate) peers: Option<Vec<String>>,
    pub(crate) http: String,
    pub(crate) secrets: Option<PathBuf>,
}

impl Args {
    pub(crate) fn parse(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let http = "127.0.0.1:0".to_owned();
        let mut args = Self { name: None, listen: None, peers: None, http, secrets: None };
        while let Some(option) = words.next() {
            let mut value = || words.next().ok_or_else(|| format!("`{option}` needs a value\n\n{USAGE}"));
            match option.as_str() {
                "--name" => args.name = Some(value()?),
                "--listen" => args.listen = Some(value()?),
                "--peers" => args.peers = Some(value()?.split(',').map(str::to_owned).collect()),
                "--http" => args.http = value()?,
                "--secrets" => args.secrets = Some(value()?.into()),
                _ => return Err(format!("there is no option `{option}`\n\n{USAGE}")),
            }
        }
        Ok(args)
    }
}
