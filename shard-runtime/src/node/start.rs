//! From a builder to a node.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::SystemTime;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::builder::{Hosts, NewModule, NodeBuilder};
use super::config::{self, Overlay, Settings, address};
use super::gossip::{self, Gossip};
use super::inner::{Inner, Parts};
use super::liveness::{self, Liveness};
use super::settling::Settling;
use super::{Node, dialer, fence, finding, joining, listening, slots, stop, syncing, ticker};
use crate::call::{CallSettings, Door};
use crate::discovery::Announcement;
use crate::dispatch::Registry;
use crate::error::Error;
use crate::membership::{Age, Boot, Event, HostedModule, Member, MemberState, Membership, NodeName};
use crate::route::hash::ROUTING_VERSION;
use crate::swim::{Pace, Swim};
#[cfg(feature = "tls")]
use crate::transport::Keeper;
use crate::transport::{Listener, Transport, is_loopback};
use crate::trust::{KeyRing, LinkKeys, Secret, Secrets};
use crate::wire::handshake::{Config, Identity};
use crate::wire::{Limits, ModuleTable, Tables};

pub(super) async fn start(builder: NodeBuilder) -> Result<Node, Error> {
    let environment = if builder.environment { config::process_environment()? } else { Overlay::default() };
    let settings = Settings::new(&builder.cluster, builder.overlay, environment)?;
    let engine = settings.discovery.engine().map_err(config::ConfigError::from)?;
    let mut hosted = Vec::new();
    let mut entries = Vec::new();
    let mut seen = BTreeSet::new();
    for (index, module) in builder.modules.into_iter().enumerate() {
        if !seen.insert(module.name) {
            return Err(Error::DuplicateModule { module: module.name.to_owned() });
        }
        let hosts = role_for(&module, &settings);
        entries.push((module.type_id, (module.entry)(index, hosts)?));
        hosted.extend(module.hosted.filter(|_| hosts == Hosts::Yes));
    }
    let registry = Registry::new(entries);

    let place = Place::bind(builder.transport, &settings).await?;
    let name = NodeName::try_from(place.name.as_str()).map_err(|error| config::ConfigError::Malformed {
        setting: "the node's name",
        value: error.to_string(),
        expected: "a name of 1 to 128 bytes without spaces",
    })?;
    let trusted = Trusted::of(builder.secrets, &settings, &place)?;
    let boot = Boot::new(getrandom::u64().map_err(|error| Error::Random(error.to_string()))?);
    let tables = registry.tables();
    let me = Member {
        address: place.advertised.clone(),
        version: builder.version.clone(),
        roles: settings.roles.iter().map(|role| role.as_str().into()).collect(),
        modules: hosted_modules(&registry, &tables),
        age: Age { drawn: fence::now_millis(), turn: 0 },
        ..Member::new(name.clone(), boot)
    };
    let ring = KeyRing::apart(&trusted.nodes, &trusted.tokens, &settings.cluster);
    let swim = Swim::new(me.clone(), ring.load().gossip.clone(), random_seed()?, Pace::default());
    let swim = swim.map_err(|error| config::ConfigError::Malformed {
        setting: "what this node says of itself",
        value: error.to_string(),
        expected: "a name, an address, roles and the names of its modules that take 4 KiB together",
    })?;
    let mut membership = Membership::new();
    membership.apply(Event::Joined(me.clone()), SystemTime::now());
    let (gossip, inbox) = Gossip::new();
    let limits = Limits::of_message(settings.message_limit);
    let calls = CallSettings {
        deadline: settings.call_deadline,
        limits,
        running: settings.running,
        force_wire: builder.force_wire,
    };
    let others = |listed: &[String]| {
        listed.iter().filter(|address| **address != place.advertised).cloned().collect::<BTreeSet<_>>()
    };
    let settling = Settling::new(settings.discovery.enough(), settings.discovery.listed().map(others));
    let announced = Announcement {
        cluster: settings.cluster.clone(),
        name: name.clone(),
        boot,
        address: place.advertised.clone(),
    };
    let identity = Identity {
        cluster: settings.cluster.clone(),
        node: name.as_str().to_owned(),
        boot: boot.get(),
        address: place.advertised.clone(),
        version: builder.version.clone(),
    };
    let stop = CancellationToken::new();
    let liveness = Liveness::start(&place.transport, &stop).map_err(Error::Liveness)?;
    let inner = Inner::new(Parts {
        door: Door::new(name, boot, registry, membership.view().clone(), calls),
        cluster: settings.cluster.clone(),
        address: place.advertised,
        transport: place.transport,
        handshake: handshake(identity, ring.load().links.clone())?,
        ring,
        tables: body_of(&tables)?,
        hosted,
        membership,
        settling,
        announced,
        settings,
        gossip,
        me,
        liveness,
        stop,
    });
    let node = Node::owning(Arc::clone(&inner));
    // Before the modules: one that takes long to start must not look like a process that stood still.
    let ticking = Arc::clone(&inner);
    inner.spawn(async move { ticker::run(&ticking).await });
    inner.liveness.spawn(liveness::beat(Arc::clone(&inner)));
    start_modules(&node, &inner).await?;
    slots::follow(&inner);
    run(&inner, place.listener, swim, inbox);
    finding::start(&inner, engine);
    Ok(node)
}

/// Whether the node has the role that a module asks for. A node without it calls the module only.
fn role_for(module: &NewModule, settings: &Settings) -> Hosts {
    match module.role {
        Some(role) if !settings.roles.iter().any(|own| own == role) => {
            if module.hosted.is_some() {
                let name = module.name;
                tracing::info!(
                    module = name,
                    role,
                    "the node has not the module's role and does not host it"
                );
            }
            Hosts::No
        }
        _ => Hosts::Yes,
    }
}

/// Where a node is reached.
struct Place {
    transport: Transport,
    listener: Listener,
    advertised: String,
    name: String,
    loopback: bool,
}

impl Place {
    async fn bind(transport: Transport, settings: &Settings) -> Result<Self, Error> {
        #[cfg(feature = "tls")]
        let transport = match (transport, &settings.tls) {
            (Transport::Tcp, Some(tls)) => {
                Transport::Tls(Keeper::new(tls.clone()).map_err(config::ConfigError::from)?)
            }
            (other, _) => other,
        };
        let interfaces = if settings.interface.is_some() || settings.listen.is_some() {
            config::interfaces()?
        } else {
            Vec::new()
        };
        let listen = address::listen_address(settings, &interfaces)?;
        let listener = transport.bind(&listen).await;
        let listener = listener.map_err(|source| Error::Listen { address: listen.clone(), source })?;
        let bound = listener.local_address();
        let advertised = address::advertised_address(settings, &bound, &interfaces)?;
        let name = address::node_name(settings, &listen, &advertised, config::host_name().as_deref())?;
        #[cfg(feature = "tls")]
        if let Transport::Tls(keeper) = &transport {
            keeper.advertise(&advertised).map_err(config::ConfigError::from)?;
        }
        let loopback = is_loopback(&bound) && is_loopback(&advertised);
        Ok(Self { transport, listener, advertised, name, loopback })
    }
}

/// What nodes are known by, and what tokens are signed with.
struct Trusted {
    nodes: Secrets,
    tokens: Secrets,
}

impl Trusted {
    /// One secret for both, from which different keys are derived.
    fn by(secrets: Secrets) -> Self {
        Self { nodes: secrets.clone(), tokens: secrets }
    }

    /// The secrets that the program has or the settings say; on loopback, where there are none, one that is drawn for this
    /// user; elsewhere certificates.
    fn of(secrets: Option<Secrets>, settings: &Settings, place: &Place) -> Result<Self, Error> {
        if let Some(secrets) = secrets {
            if settings.previous_secret.is_some() {
                tracing::warn!(
                    "`SHARD_SECRET_PREVIOUS` is set and not accepted: the program has secrets of its own, and the one \
                     before them has to be among those"
                );
            }
            return Ok(Self::by(secrets));
        }
        if settings.secret.is_none() && settings.previous_secret.is_some() {
            // Whoever sets it believes that the node has the other one as well.
            return Err(config::ConfigError::PreviousSecretAlone.into());
        }
        match place.transport {
            #[cfg(feature = "tls")]
            Transport::Tls(_) if settings.secret.is_none() && !place.loopback => Self::by_certificates(),
            _ => secrets_of(settings, place).map(Self::by),
        }
    }

    /// The network is trusted as far as TLS goes, and no further: what nodes say to each other does not leave it, but tokens
    /// go to clients, who must not be able to make any. They need a secret that all nodes have, and there is none.
    #[cfg(feature = "tls")]
    fn by_certificates() -> Result<Self, Error> {
        tracing::warn!(
            "the node has certificates and no secret: nodes know each other by their certificates alone, and shard tokens \
             are good on the node that signed them only; give every node `SHARD_SECRET` to have them taken by all"
        );
        Ok(Self { nodes: Secrets::public(), tokens: drawn_secret()? })
    }
}

/// The secret that was given; on loopback, where none was, one that is drawn for this user.
fn secrets_of(settings: &Settings, place: &Place) -> Result<Secrets, Error> {
    if let Some(text) = &settings.secret {
        let secrets = Secrets::new(Secret::new(text.expose())?);
        return match &settings.previous_secret {
            Some(previous) => Ok(secrets.with_previous(Secret::new(previous.expose())?)?),
            None => Ok(secrets),
        };
    }
    if !place.loopback {
        return Err(config::ConfigError::NoSecret { advertised: place.advertised.clone() }.into());
    }
    let directory = match config::state_directory(|name| std::env::var(name).ok()) {
        Ok(directory) => directory,
        // Nowhere to keep a secret, and nobody to share it with: one for this process does.
        Err(config::ConfigError::NoSecretDirectory)
            if settings.discovery.listed().is_some_and(<[String]>::is_empty) =>
        {
            return drawn_secret();
        }
        Err(error) => return Err(error.into()),
    };
    Ok(Secrets::new(Secret::new(config::development_secret(&directory)?)?))
}

fn drawn_secret() -> Result<Secrets, Error> {
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).map_err(|error| Error::Random(error.to_string()))?;
    Ok(Secrets::new(Secret::new(secret)?))
}

fn handshake(identity: Identity, keys: LinkKeys) -> Result<Config, Error> {
    let address = identity.address.clone();
    Config::new(identity, keys, ROUTING_VERSION).map_err(|_| {
        Error::Config(config::ConfigError::Malformed {
            setting: "the advertised address or the program's version",
            value: address,
            expected: "at most 256 bytes, and 64 for the version",
        })
    })
}

fn body_of(tables: &Tables) -> Result<Vec<u8>, Error> {
    let mut body = Vec::new();
    tables.encode(&mut body).map_err(|error| {
        Error::Config(config::ConfigError::Malformed {
            setting: "the modules' tables",
            value: error.to_string(),
            expected: "at most 1,024 modules of 4,096 methods, with names of at most 256 bytes",
        })
    })?;
    Ok(body)
}

/// The modules that this node can host, as others are told.
fn hosted_modules(registry: &Registry, tables: &Tables) -> Vec<HostedModule> {
    let limit = |name: &str| registry.entries().iter().find(|entry| entry.name() == name)?.limit();
    let one = |module: &ModuleTable| {
        let alone = Tables { modules: vec![module.clone()] };
        HostedModule { limit: limit(&module.name), ..HostedModule::new(module.name.as_str(), alone.digest()) }
    };
    tables.modules.iter().map(one).collect()
}

fn random_seed() -> Result<u64, Error> {
    getrandom::u64().map_err(|error| Error::Random(error.to_string()))
}

async fn start_modules(node: &Node, inner: &Arc<Inner>) -> Result<(), Error> {
    let given = node.without_guard();
    for (index, module) in inner.hosted.iter().enumerate() {
        if let Err(source) = module.on_start(&given).await {
            // Those that have started end in order, as in a node that did.
            stop::stop_modules(&inner.hosted[..index], &given).await;
            return Err(Error::OnStart { module: module.name().to_owned(), source });
        }
    }
    Ok(())
}

fn run(inner: &Arc<Inner>, listener: Listener, swim: Swim, inbox: mpsc::Receiver<gossip::Input>) {
    let accepting = Arc::clone(inner);
    inner.spawn(async move { listening::run(&accepting, listener).await });
    #[cfg(feature = "tls")]
    if let Transport::Tls(keeper) = &inner.transport {
        inner.spawn(Arc::clone(keeper).keep_fresh());
    }
    let gossiping = Arc::clone(inner);
    inner.liveness.spawn(async move { gossip::run(&gossiping, swim, inbox).await });
    let dialling = Arc::clone(inner);
    inner.spawn(async move { dialer::run(&dialling).await });
    let asking = Arc::clone(inner);
    inner.spawn(async move { syncing::run(&asking).await });
    if inner.settling.borrow().verdict().is_some() {
        // Nobody to wait for.
        inner.say(|me| me.state = MemberState::Active);
        inner.set_ready();
    } else {
        let joining = Arc::clone(inner);
        inner.spawn(async move { joining::run(&joining).await });
    }
    tracing::info!(
        cluster = inner.cluster,
        node = %inner.door.name,
        boot = %inner.door.boot(),
        address = inner.address,
        "the node listens"
    );
}
