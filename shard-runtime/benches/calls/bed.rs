//! Both ends, in one process or in two, and a node that calls.

use std::time::Duration;

use shard_runtime::{MemberState, ModuleHandle, Node};

use crate::process::Process;
use crate::servers::{Addresses, Servers, node};
use crate::work::{Arena, ArenaShard};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    OneProcess,
    TwoProcesses,
}

impl Place {
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::OneProcess => "both ends in one process",
            Self::TwoProcesses => "two processes",
        }
    }
}

pub(crate) struct Bed {
    pub(crate) place: Place,
    pub(crate) addresses: Addresses,
    near: Node,
    process: Option<Process>,
    _servers: Option<Servers>,
}

impl Bed {
    /// With that many nodes that host the module. The node that calls does not.
    pub(crate) async fn start(place: Place, nodes: usize) -> Self {
        let (addresses, process, servers) = match place {
            Place::OneProcess => {
                let servers = Servers::start(nodes).await;
                (servers.addresses.clone(), None, Some(servers))
            }
            Place::TwoProcesses => {
                let (process, addresses) = Process::start(nodes);
                (addresses, Some(process), None)
            }
        };
        let near = node("near").peers([addresses.node.clone()]).client_of::<Arena>();
        let near = near.start().await.expect("it starts");
        near.ready().await.expect("the others are there");
        while near.members().iter().filter(|it| it.state == MemberState::Active).count() <= nodes {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Self { place, addresses, near, process, _servers: servers }
    }

    pub(crate) fn module(&self) -> ModuleHandle<Arena> {
        self.near.module::<Arena>()
    }

    /// A pinned shard on the other node.
    pub(crate) fn shard(&self) -> ArenaShard {
        self.module().create_shard("arena-42").expect("there is a host")
    }

    /// The processes that have a part in a call.
    pub(crate) fn processes(&self) -> Vec<u32> {
        let own = std::process::id();
        self.process.iter().map(Process::id).chain([own]).collect()
    }
}
