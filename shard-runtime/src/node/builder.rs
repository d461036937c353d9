//! What a node is made from.

use core::any::TypeId;
use core::time::Duration;
use std::sync::Arc;

use super::config::{Overlay, SecretText};
use super::module::{self, Hosted, HostedModule, ShardedModule};
use super::{Node, start};
use crate::discovery::Discovery;
use crate::dispatch::AnyEntry;
use crate::error::Error;
#[cfg(feature = "tls")]
use crate::transport::Tls;
use crate::transport::Transport;
use crate::trust::Secrets;

/// A module's entry, made when the node starts.
type MakeEntry = Box<dyn FnOnce(usize, Hosts) -> Result<Arc<dyn AnyEntry>, Error> + Send>;

/// Whether a node that was given a module has the role to host it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Hosts {
    Yes,
    No,
}

/// Sets a node up. Made by [`Node::builder`].
///
/// What is not said here is looked up in the environment, and then has a default:
///
/// | here | variable | default |
/// |---|---|---|
/// | [`name`](Self::name) | `SHARD_NODE` | host name and port; on loopback the address |
/// | [`roles`](Self::roles) | `SHARD_ROLES`, separated by commas | none |
/// | [`listen`](Self::listen) | `SHARD_LISTEN` | `127.0.0.1:0`, a free port on this machine only |
/// | [`advertise`](Self::advertise) | `SHARD_ADVERTISE` | the address that is bound |
/// | [`interface`](Self::interface) | `SHARD_INTERFACE` | – |
/// | [`discovery`](Self::discovery) | `SHARD_DISCOVERY`, such as `gossip://a:7400,b:7400` | `single`: a cluster of one |
/// | [`peers`](Self::peers), short for [`Discovery::fixed`] | `SHARD_PEERS`, separated by commas | – |
/// | [`secret`](Self::secret) | `SHARD_SECRET`, `SHARD_SECRET_PREVIOUS` | on loopback one that is drawn for this user |
/// | `tls`, with the feature `tls` | `SHARD_TLS_CA`, `SHARD_TLS_CERT`, `SHARD_TLS_KEY`: PEM files | no encryption |
/// | [`call_deadline`](Self::call_deadline) | `SHARD_CALL_DEADLINE`, such as `250ms` | 5 s |
/// | [`drain_deadline`](Self::drain_deadline) | `SHARD_DRAIN_DEADLINE` | 10 s |
/// | [`message_limit`](Self::message_limit) | `SHARD_MESSAGE_LIMIT`, such as `4MiB` | 1 MiB |
#[must_use = "a builder does nothing until `start` is called"]
pub struct NodeBuilder {
    pub(super) cluster: String,
    pub(super) overlay: Overlay,
    pub(super) secrets: Option<Secrets>,
    pub(super) transport: Transport,
    pub(super) modules: Vec<NewModule>,
    pub(super) environment: bool,
    pub(super) version: String,
    pub(super) force_wire: bool,
}

/// A module that a builder was given.
pub(super) struct NewModule {
    pub(super) name: &'static str,
    pub(super) type_id: TypeId,
    /// The role that a node must have to host it.
    pub(super) role: Option<&'static str>,
    pub(super) entry: MakeEntry,
    pub(super) hosted: Option<Arc<dyn Hosted>>,
}

impl NodeBuilder {
    pub(super) fn new(cluster: String) -> Self {
        Self {
            cluster,
            overlay: Overlay::default(),
            secrets: None,
            transport: Transport::Tcp,
            modules: Vec::new(),
            environment: true,
            version: String::new(),
            force_wire: false,
        }
    }

    /// Hosts a module: this object serves all its keys that are placed on this node.
    ///
    /// A module that asks for a [role](Self::role) which the node does not have is only called, as by
    /// [`client_of`](Self::client_of). Of a module with a limit only so many nodes have a seat at a time; the
    /// others call it, and are there when one is free.
    pub fn module<M: ShardedModule>(self, module: M) -> Self {
        self.shared_module(Arc::new(module))
    }

    /// Hosts a module of which the program keeps a reference.
    pub fn shared_module<M: ShardedModule>(mut self, module: Arc<M>) -> Self {
        let hosted: Arc<dyn Hosted> = Arc::new(HostedModule(Arc::clone(&module)));
        self.add::<M>(Some(module), Some(hosted));
        self
    }

    /// Calls a module and does not host it, as a gateway does.
    pub fn client_of<M: ShardedModule>(mut self) -> Self {
        self.add::<M>(None, None);
        self
    }

    fn add<M: ShardedModule>(&mut self, object: Option<Arc<M>>, hosted: Option<Arc<dyn Hosted>>) {
        let make = move |index, hosts| {
            let object = object.filter(|_| hosts == Hosts::Yes);
            Ok(Arc::new(module::entry::<M>(index, object)?) as Arc<dyn AnyEntry>)
        };
        self.modules.push(NewModule {
            name: M::NAME,
            type_id: TypeId::of::<M>(),
            role: M::ROLE,
            entry: Box::new(make),
            hosted,
        });
    }

    /// The node's name: unique in the cluster, and the same after a restart, since keys are placed by it.
    /// 1 to 128 bytes without spaces.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.overlay.name = Some(name.into());
        self
    }

    /// The program's own version, for other nodes to see in [`Member::version`](crate::Member): at most 64
    /// bytes.
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = version.into();
        self
    }

    /// Gives the node a role, besides those that it has: it then hosts the modules that were written for this
    /// role by `#[sharded_module(role = "…")]`. 1 to 64 bytes without spaces or control characters; a node has
    /// 64 roles at most.
    pub fn role(self, role: impl Into<String>) -> Self {
        self.roles([role])
    }

    /// Gives the node several [roles](Self::role), besides those that it has. When roles are given here,
    /// `SHARD_ROLES` is not looked at.
    pub fn roles<R: Into<String>>(mut self, roles: impl IntoIterator<Item = R>) -> Self {
        self.overlay.roles.get_or_insert_default().extend(roles.into_iter().map(Into::into));
        self
    }

    /// Where to listen, as `host:port`; port 0 takes a free one.
    pub fn listen(mut self, address: impl Into<String>) -> Self {
        self.overlay.listen = Some(address.into());
        self
    }

    /// The address that other nodes are told, as `host` or `host:port`, where it is not the one that is
    /// bound.
    pub fn advertise(mut self, address: impl Into<String>) -> Self {
        self.overlay.advertise = Some(address.into());
        self
    }

    /// The network that other nodes are told to come by, where there are several: an interface (`eth0`),
    /// a subnet (`10.0.0.0/8`) or an address.
    pub fn interface(mut self, interface: impl Into<String>) -> Self {
        self.overlay.interface = Some(interface.into());
        self
    }

    /// How the other nodes are found. It replaces what the environment says of it, `SHARD_PEERS` included.
    pub fn discovery(mut self, discovery: Discovery) -> Self {
        self.overlay.discovery = Some(discovery);
        self
    }

    /// Addresses of the cluster's nodes, as `host:port`: short for [`Discovery::fixed`], and not to be given
    /// beside a [`discovery`](Self::discovery). One's own may be among them. Nodes that are
    /// not there yet are tried again for as long as this one lives.
    pub fn peers<A: Into<String>>(mut self, addresses: impl IntoIterator<Item = A>) -> Self {
        self.overlay.peers = Some(addresses.into_iter().map(Into::into).collect());
        self
    }

    /// The secret that the nodes of the cluster share, at least 16 bytes: it proves nodes to each other
    /// and signs tokens. [`Secrets`] takes previous ones as well, for a change without a stop. It replaces `SHARD_SECRET` and
    /// `SHARD_SECRET_PREVIOUS`.
    pub fn secret(mut self, secrets: impl Into<Secrets>) -> Self {
        self.secrets = Some(secrets.into());
        self
    }

    /// The secret as text, as `SHARD_SECRET` has it. The one of `SHARD_SECRET_PREVIOUS` is accepted beside it.
    pub fn secret_text(mut self, secret: impl Into<String>) -> Self {
        self.overlay.secret = Some(SecretText::new(secret.into()));
        self
    }

    /// Encrypts all links by TLS 1.3, and lets only those nodes in that have a certificate of the same CA. Each node of the
    /// cluster has one, or none: those with and those without do not link.
    ///
    /// Tokens and the handshake are under the [secret](Self::secret) as without. A node that has certificates and no secret
    /// starts off loopback as well, and warns: the tokens that it signs are good on this node and boot alone. The network in
    /// memory, of tests, is not encrypted.
    ///
    /// # Errors
    ///
    /// [`start`](Self::start) fails when the certificates cannot be used, when the node's own is not of the CA, has
    /// expired, or cannot be used on both ends of a connection, and when it is not for the host that the node advertises.
    #[cfg(feature = "tls")]
    pub fn tls(mut self, tls: Tls) -> Self {
        self.overlay.tls = Some(tls);
        self
    }

    /// How long a call may take when nothing else is said: 1 ms to 60 s.
    pub fn call_deadline(mut self, deadline: Duration) -> Self {
        self.overlay.call_deadline = Some(deadline);
        self
    }

    /// How long [`Node::drain`] and [`Node::shutdown`] go on to serve shards that are pinned to this node, and
    /// wait for calls that run: at most 24 h.
    pub fn drain_deadline(mut self, deadline: Duration) -> Self {
        self.overlay.drain_deadline = Some(deadline);
        self
    }

    /// How many bytes the arguments or the result of a call may take when encoded: at most 16 MiB.
    pub fn message_limit(mut self, bytes: usize) -> Self {
        self.overlay.message_limit = Some(bytes);
        self
    }

    /// Sends calls of this node to itself through the codec and its limits as well, as if they went to another node:
    /// for tests, and to find what works here and not from elsewhere. Off by default, where a local call moves its
    /// arguments.
    pub fn force_wire(mut self, force: bool) -> Self {
        self.force_wire = force;
        self
    }

    /// Carries bytes some other way than over TCP, and reads no environment.
    pub(crate) fn transport(mut self, transport: Transport) -> Self {
        self.transport = transport;
        self.environment = false;
        self
    }

    /// Starts the node: modules are started, then it listens. Returns without waiting for other nodes;
    /// [`Node::ready`] waits for them.
    ///
    /// # Errors
    ///
    /// [`Error::Config`], [`Error::Secret`] or [`Error::Listen`] when a setting is not right,
    /// [`Error::DuplicateModule`] or [`Error::CannotTravel`] when a module is not, [`Error::OnStart`] when
    /// one did not start.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime with its time and I/O drivers enabled.
    pub async fn start(self) -> Result<Node, Error> {
        // Boxed, so that whoever awaits it is not as large as all that a start may do.
        Box::pin(start::start(self)).await
    }
}
