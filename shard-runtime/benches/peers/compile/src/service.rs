//! The service that is compiled, for shard-runtime, for tarpc and without either.

use std::fmt;

/// A writer of a service of so many methods.
type Source = fn(usize) -> String;

pub(crate) const PLAIN: Service = Service { name: "plain", source: plain, uses: None };
pub(crate) const SHARD: Service = Service { name: "shard", source: shard, uses: Some(shard_uses) };
pub(crate) const TARPC: Service = Service { name: "tarpc", source: tarpc, uses: Some(tarpc_uses) };

#[derive(Clone, Copy)]
pub(crate) struct Service {
    name: &'static str,
    source: Source,
    uses: Option<Source>,
}

impl Service {
    pub(crate) fn source(self, methods: usize) -> String {
        (self.source)(methods)
    }

    /// The service, and what a program does with it: it is served over TCP, and each method is called once. What is
    /// generic, as most of tarpc's is, only then becomes machine code.
    pub(crate) fn source_in_use(self, methods: usize) -> String {
        self.source(methods) + &self.uses.map(|uses| uses(methods)).unwrap_or_default()
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

const TYPES: &str = "
#[derive(serde::Serialize, serde::Deserialize, Clone, Debug)]
pub struct Payload {
    pub x: f32,
    pub y: f32,
    pub items: Vec<u64>,
}

#[derive(serde::Serialize, serde::Deserialize, Clone, Debug)]
pub struct Reply {
    pub total: u64,
    pub accepted: bool,
}

#[derive(serde::Serialize, serde::Deserialize, Clone, Debug)]
pub enum Failure {
    Unknown(String),
    Full,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, \"{self:?}\")
    }
}
";

/// The body of every method, the same everywhere.
fn body(number: usize) -> String {
    format!(
        "if player.is_empty() {{
            return Err(Failure::Unknown(player.to_string()));
        }}
        Ok(Reply {{ total: u64::from(points) + data.items.len() as u64 + {number}, accepted: data.x > data.y }})"
    )
}

fn methods(count: usize, one: impl Fn(usize) -> String) -> String {
    (1..=count).map(one).collect()
}

fn plain(count: usize) -> String {
    let methods = methods(count, |number| {
        format!(
            "
    pub async fn method_{number}(&self, player: &str, points: u32, data: Payload) -> Result<Reply, Failure> {{
        {}
    }}
",
            body(number)
        )
    });
    format!("{TYPES}\npub struct Arena;\n\nimpl Arena {{{methods}}}\n")
}

fn shard(count: usize) -> String {
    let methods = methods(count, |number| {
        format!(
            "
    pub async fn method_{number}(&self, _state: &State, player: &str, points: u32, data: Payload) -> Result<Reply, Failure> {{
        {}
    }}
",
            body(number)
        )
    });
    format!(
        "use shard_runtime::{{State, sharded_module}};\n{TYPES}\npub struct Arena;\n\n#[sharded_module]\nimpl Arena {{{methods}}}\n"
    )
}

fn tarpc(count: usize) -> String {
    let signatures = methods(count, |number| {
        format!(
            "\n    async fn method_{number}(player: String, points: u32, data: Payload) -> Result<Reply, Failure>;\n"
        )
    });
    let methods = methods(count, |number| {
        format!(
            "
    async fn method_{number}(self, _: tarpc::context::Context, player: String, points: u32, data: Payload) -> Result<Reply, Failure> {{
        {}
    }}
",
            body(number)
        )
    });
    format!(
        "{TYPES}\n#[tarpc::service]\npub trait Arena {{{signatures}}}\n\n#[derive(Clone)]\npub struct Server;\n\nimpl Arena for Server {{{methods}}}\n"
    )
}

fn shard_uses(count: usize) -> String {
    let calls = methods(count, |number| {
        format!(
            "
pub fn call_{number}<'a>(arena: &'a ArenaShard, state: &'a State, player: &'a str, data: Payload) -> Called<'a> {{
    Box::pin(async move {{ arena.method_{number}(state, player, 1, data).await.is_ok() }})
}}
"
        )
    });
    format!(
        "
pub type Called<'a> = std::pin::Pin<Box<dyn Future<Output = bool> + Send + 'a>>;

pub fn serve() -> Called<'static> {{
    Box::pin(async {{ shard_runtime::Node::builder(\"compile\").module(Arena).start().await.is_ok() }})
}}

pub fn connect(node: &shard_runtime::Node) -> Result<ArenaShard, shard_runtime::Error> {{
    node.module::<Arena>().create_shard(\"arena\")
}}
{calls}"
    )
}

fn tarpc_uses(count: usize) -> String {
    let calls = methods(count, |number| {
        format!(
            "
pub fn call_{number}<'a>(arena: &'a ArenaClient, context: tarpc::context::Context, player: String, data: Payload) -> Called<'a> {{
    Box::pin(async move {{ matches!(arena.method_{number}(context, player, 1, data).await, Ok(Ok(_))) }})
}}
"
        )
    });
    format!(
        "
pub type Called<'a> = std::pin::Pin<Box<dyn Future<Output = bool> + Send + 'a>>;

pub fn serve(stream: tokio::net::TcpStream) -> Called<'static> {{
    use futures::StreamExt as _;
    use tarpc::server::Channel as _;
    let transport = tarpc::serde_transport::Transport::from((stream, tarpc::tokio_serde::formats::Bincode::default()));
    let requests = tarpc::server::BaseChannel::with_defaults(transport).execute(Server.serve());
    Box::pin(async move {{
        requests.for_each(|request| async {{ drop(tokio::spawn(request)) }}).await;
        true
    }})
}}

pub fn connect(stream: tokio::net::TcpStream) -> ArenaClient {{
    let transport = tarpc::serde_transport::Transport::from((stream, tarpc::tokio_serde::formats::Bincode::default()));
    ArenaClient::new(tarpc::client::Config::default(), transport).spawn()
}}
{calls}"
    )
}
