//! tarpc over TCP, with bincode.

use std::future::{self, Future};

use bytes::Bytes;
use futures::StreamExt as _;
use serde_bytes::ByteBuf;
use tarpc::context::{self, Context};
use tarpc::server::{BaseChannel, Channel as _};
use tarpc::tokio_serde::formats::Bincode;
use tarpc::{client, serde_transport};

use crate::Outcome;
use crate::peer::{Handlers, Peer};
use crate::server::Addresses;
use crate::work::{Input, Output};

/// `ByteBuf`, since serde takes a `Vec<u8>` for a sequence of numbers, and bincode writes them one by one.
#[tarpc::service]
trait Arena {
    async fn step(input: Input) -> Output;
    async fn echo(bytes: ByteBuf) -> ByteBuf;
}

#[derive(Clone)]
struct Handler;

impl Arena for Handler {
    async fn step(self, _: Context, input: Input) -> Output {
        input.step()
    }

    async fn echo(self, _: Context, bytes: ByteBuf) -> ByteBuf {
        bytes
    }
}

/// Listens, and says where.
pub(crate) async fn serve(handlers: Handlers) -> Outcome<String> {
    let mut incoming = serde_transport::tcp::listen("127.0.0.1:0", Bincode::default).await?;
    let address = incoming.local_addr().to_string();
    tokio::spawn(async move {
        while let Some(accepted) = incoming.next().await {
            let Ok(transport) = accepted else { continue };
            if transport.get_ref().set_nodelay(true).is_err() {
                continue;
            }
            let requests = BaseChannel::with_defaults(transport).execute(Handler.serve());
            match handlers {
                Handlers::InTasks => tokio::spawn(requests.for_each(spawn)),
                Handlers::InLine => tokio::spawn(requests.for_each_concurrent(None, |request| request)),
            };
        }
    });
    Ok(address)
}

/// As in tarpc's own example.
fn spawn(request: impl Future<Output = ()> + Send + 'static) -> future::Ready<()> {
    tokio::spawn(request);
    future::ready(())
}

#[derive(Clone)]
pub(crate) struct Client(ArenaClient);

impl Client {
    pub(crate) async fn connect(server: &Addresses, handlers: Handlers) -> Outcome<Self> {
        let address = match handlers {
            Handlers::InTasks => &server.tarpc_in_tasks,
            Handlers::InLine => &server.tarpc_in_line,
        };
        let transport = serde_transport::tcp::connect(address, Bincode::default).await?;
        transport.get_ref().set_nodelay(true)?;
        Ok(Self(ArenaClient::new(client::Config::default(), transport).spawn()))
    }
}

impl Peer for Client {
    async fn step(&self, input: Input) -> Outcome<Output> {
        Ok(self.0.step(context::current(), input).await?)
    }

    async fn echo(&self, bytes: &Bytes) -> Outcome<usize> {
        Ok(self.0.echo(context::current(), ByteBuf::from(bytes.to_vec())).await?.len())
    }
}
