//! Ours: two nodes with one secret, and a shard that is pinned to the server's. All settings are the defaults.

use bytes::Bytes;
use shard_runtime::{Node, NodeBuilder, Secret, Shard as _, ShardToken, sharded_module};

use crate::Outcome;
use crate::peer::Peer;
use crate::server::Addresses;
use crate::work::{Input, Output};

struct Arena;

#[sharded_module]
impl Arena {
    pub(crate) fn step(&self, input: Input) -> Output {
        input.step()
    }

    pub(crate) fn echo(&self, bytes: &[u8]) -> Vec<u8> {
        bytes.to_vec()
    }
}

fn builder(name: &str) -> Outcome<NodeBuilder> {
    let node = Node::builder("calls").name(name).listen("127.0.0.1:0").module(Arena);
    Ok(node.secret(Secret::new([7; 32])?))
}

/// The server's node, and the token of its shard.
pub(crate) async fn serve() -> Outcome<(Node, ShardToken)> {
    let node = builder("server")?.start().await?;
    let token = node.module::<Arena>().local_shard()?.token().mint();
    Ok((node, token))
}

#[derive(Clone)]
pub(crate) struct Client {
    shard: ArenaShard,
    _node: Node,
}

impl Client {
    pub(crate) async fn connect(server: &Addresses) -> Outcome<Self> {
        let node = builder("client")?.peers([server.node.clone()]).start().await?;
        node.ready().await?;
        let shard = node.module::<Arena>().get_shard(&ShardToken::from(&server.token))?;
        Ok(Self { shard, _node: node })
    }
}

impl Peer for Client {
    async fn step(&self, input: Input) -> Outcome<Output> {
        Ok(self.shard.step(input).await?)
    }

    async fn echo(&self, bytes: &Bytes) -> Outcome<usize> {
        Ok(self.shard.echo(bytes).await?.len())
    }
}
