//! What every shard can do beside its module's methods.

use core::fmt;
use core::time::Duration;
use std::borrow::Cow;

use serde::{Serialize, Serializer};

use super::broadcast::BroadcastLink;
use super::shard_core::{Binding, ShardCore};
use crate::membership::{Boot, NodeName};
use crate::route::{Key, ShardToken};

/// What every shard can do beside its module's methods. A trait, so that a method of yours may have
/// any of these names: call the trait's as `Shard::key(&shard)`.
pub trait Shard: Serialize + Sized {
    #[doc(hidden)]
    fn __core(&self) -> &ShardCore;

    #[doc(hidden)]
    #[must_use]
    fn __timeout(&self, after: Duration) -> Self;

    /// The same shard, whose calls may take so long: instead of what the method or the node has for all. A call
    /// ends no later than the one in whose handler it is made. No time at all makes every call
    /// [`Expired`](crate::NotStarted::Expired); more than three years are three years.
    ///
    /// Of a method that gives a stream this is the time for it to open, and then for its reader to take something.
    #[must_use]
    fn timeout(&self, after: Duration) -> Self {
        self.__timeout(after)
    }

    /// The key that it was made for; empty for a node's local shard.
    fn key(&self) -> &Key {
        &self.__core().key
    }

    /// The name of the module.
    fn module_name(&self) -> &'static str {
        self.__core().module
    }

    /// The node that its calls go to: of a pinned shard always the same one, of a keyed shard the owner
    /// of its key now. `None` if nobody hosts the module, or if the shard came from a token and no node of
    /// its boot is known here.
    fn node(&self) -> Option<NodeName> {
        self.__core().node()
    }

    /// The boot that it is pinned to: a node that restarts is another one. `None` for a keyed shard, which
    /// follows its key.
    fn boot(&self) -> Option<Boot> {
        match self.__core().binding {
            Binding::Pinned { boot, .. } => Some(boot),
            Binding::Keyed { .. } => None,
        }
    }

    /// Whether its calls run in this process: for a keyed shard, whether they would now.
    fn is_local(&self) -> bool {
        self.__core().is_here()
    }

    /// Starts a new token for this shard. See [`ShardToken`] for what a token is worth.
    fn token(&self) -> NewToken<'_> {
        NewToken { core: self.__core(), subject: None, life: None }
    }
}

/// A token that is about to be made: say for whom and for how long, then [`mint`](Self::mint) it.
#[must_use = "nothing is made until `mint` is called"]
pub struct NewToken<'a> {
    core: &'a ShardCore,
    subject: Option<Cow<'a, str>>,
    life: Option<Duration>,
}

impl<'a> NewToken<'a> {
    /// Binds the token to an actor: only `get_shard_for` with a [`State`](crate::State) of that actor
    /// accepts it, so that a stolen one is of no use.
    pub fn for_subject(mut self, actor: impl Into<Cow<'a, str>>) -> Self {
        self.subject = Some(actor.into());
        self
    }

    /// How long it is good for: an hour if nothing is said, a day at most.
    pub fn valid_for(mut self, life: Duration) -> Self {
        self.life = Some(life);
        self
    }

    /// Makes the token.
    #[must_use]
    pub fn mint(self) -> ShardToken {
        self.core.mint(self.subject.as_deref(), self.life)
    }
}

impl ShardCore {
    pub(crate) fn mint(&self, subject: Option<&str>, life: Option<Duration>) -> ShardToken {
        self.minter.mint(self.module, &self.binding, &self.key, subject, life)
    }

    /// The token that the shard serialises to: the one it came from, else a new one. A shard that came
    /// from a token must not renew it by being passed around.
    pub(crate) fn to_token(&self) -> ShardToken {
        self.token.clone().unwrap_or_else(|| self.mint(None, None))
    }
}

/// Something that names a shard: a token, or a shard itself.
pub trait AsToken {
    /// The token.
    fn as_token(&self) -> Cow<'_, ShardToken>;
}

impl AsToken for ShardToken {
    fn as_token(&self) -> Cow<'_, ShardToken> {
        Cow::Borrowed(self)
    }
}

impl<S: Shard> AsToken for S {
    fn as_token(&self) -> Cow<'_, ShardToken> {
        Cow::Owned(self.__core().to_token())
    }
}

/// `Debug` of every shard: module, key and node, never the token.
pub fn fmt_shard<S: Shard>(shard: &S, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let core = shard.__core();
    let mut out = f.debug_struct("Shard");
    out.field("module", &core.module).field("key", &core.key);
    match core.node() {
        Some(node) => out.field("node", &node.as_str()),
        None => out.field("node", &"unknown"),
    };
    match &core.binding {
        Binding::Pinned { boot, .. } => out.field("boot", boot).finish(),
        Binding::Keyed { .. } => out.finish_non_exhaustive(),
    }
}

/// `Debug` of every broadcast.
pub fn fmt_broadcast<Mo: Send + Sync>(link: &BroadcastLink<Mo>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.debug_struct("Broadcast").field("module", &link.module()).finish()
}

/// `Serialize` of every shard: its token.
pub fn serialize_shard<S: Shard, Z: Serializer>(shard: &S, serializer: Z) -> Result<Z::Ok, Z::Error> {
    shard.__core().to_token().serialize(serializer)
}
