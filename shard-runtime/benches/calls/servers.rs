//! Everything that is called, in this process.

use shard_runtime::{Node, NodeBuilder, Secret};

use crate::limit::{decode, encode, serve, serve_copies, serve_pings, write_frame};
use crate::work::{Arena, Input, LARGE};

/// Nodes run as long as it is there, the others as long as the runtime.
pub(crate) struct Servers {
    pub(crate) addresses: Addresses,
    _nodes: Vec<Node>,
}

/// Where they are reached.
#[derive(Clone)]
pub(crate) struct Addresses {
    pub(crate) pings: String,
    pub(crate) large_pings: String,
    pub(crate) steps: String,
    pub(crate) echoes: String,
    pub(crate) copies: String,
    /// Of the first node; it knows the others.
    pub(crate) node: String,
}

impl Servers {
    pub(crate) async fn start(nodes: usize) -> Self {
        let mut started: Vec<Node> = Vec::new();
        for at in 0..nodes {
            let peers = started.first().map(|first| first.address().to_owned());
            let node = node(&format!("far-{at}")).peers(peers).module(Arena);
            started.push(node.start().await.expect("it starts"));
        }
        let (there, back) = sizes();
        let step = |request: &[u8], out: &mut Vec<u8>| encode(&decode::<Input>(request).step(), out);
        let addresses = Addresses {
            pings: serve_pings(there, back).await,
            large_pings: serve_pings(LARGE, LARGE).await,
            steps: serve(step).await,
            echoes: serve(|request, out| out.extend_from_slice(request)).await,
            copies: serve_copies(LARGE).await,
            node: started.first().expect("there is one at least").address().to_owned(),
        };
        Self { addresses, _nodes: started }
    }
}

/// A node with everything as it is by default.
pub(crate) fn node(name: &str) -> NodeBuilder {
    let node = Node::builder("calls").name(name).listen("127.0.0.1:0");
    node.secret(Secret::new([7; 32]).expect("it is long enough"))
}

/// Bytes of a request and of a reply in L2, which are those of L1.
pub(crate) fn sizes() -> (usize, usize) {
    let input = Input::new();
    let size = |write: &dyn Fn(&mut Vec<u8>)| {
        let mut frame = Vec::new();
        write_frame(&mut frame, 0, write);
        frame.len()
    };
    (size(&|out| encode(&input, out)), size(&|out| encode(&Input::new().step(), out)))
}

impl Addresses {
    pub(crate) fn to_line(&self) -> String {
        let Self { pings, large_pings, steps, echoes, copies, node } = self;
        [pings, large_pings, steps, echoes, copies, node].map(String::as_str).join(" ")
    }

    pub(crate) fn of_line(line: &str) -> Self {
        let words: Vec<_> = line.split_whitespace().map(str::to_owned).collect();
        let [pings, large_pings, steps, echoes, copies, node] =
            words.try_into().expect("the other process says where all of it is");
        Self { pings, large_pings, steps, echoes, copies, node }
    }
}
