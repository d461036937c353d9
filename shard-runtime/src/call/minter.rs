//! Tokens of one node: what `route/` computes, at the time it is now.

use core::time::Duration;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use super::Binding;
use crate::route::token::{Claims, DEFAULT_LIFETIME, expiry_after};
use crate::route::{Key, ShardToken, TokenError, hash::module_digest};
use crate::trust::KeyRing;

/// Makes and checks tokens with the cluster's keys, as they are at that moment.
pub(crate) struct Minter {
    ring: Arc<KeyRing>,
}

impl Minter {
    pub(crate) fn new(ring: Arc<KeyRing>) -> Self {
        Self { ring }
    }

    pub(crate) fn mint(
        &self,
        module: &str,
        binding: &Binding,
        key: &Key,
        subject: Option<&str>,
        life: Option<Duration>,
    ) -> ShardToken {
        let now = unix_seconds();
        let expiry = expiry_after(now, life.unwrap_or(DEFAULT_LIFETIME));
        let (node, boot, keyed) = match binding {
            Binding::Pinned { boot, digest, .. } => (*digest, boot.get(), false),
            Binding::Keyed { .. } => (0, 0, true),
        };
        let (module, key) = (module_digest(module), key.clone());
        let claims = Claims { module, node, boot, expiry, key, subject, keyed };
        // A shard's key was checked when the shard was made, so this never takes the other branch; a token
        // that nobody accepts is what it would be worth.
        self.ring.load().tokens.mint(&claims, now).unwrap_or_else(|_| ShardToken::from(""))
    }

    pub(crate) fn verify<'s>(
        &self,
        token: &ShardToken,
        module: &str,
        subject: Option<&'s str>,
    ) -> Result<Claims<'s>, TokenError> {
        self.ring.load().tokens.verify(token, module_digest(module), subject, unix_seconds())
    }
}

fn unix_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
