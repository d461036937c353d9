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
        self.mint_at(unix_seconds(), module, binding, key, subject, life)
    }

    fn mint_at(
        &self,
        now: u64,
        module: &str,
        binding: &Binding,
        key: &Key,
        subject: Option<&str>,
        life: Option<Duration>,
    ) -> ShardToken {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route::hash::Slot;
    use crate::trust::{Secret, Secrets};

    const NOW: u64 = 1_800_000_000;
    const DAY: u64 = 24 * 3600;

    fn secret(byte: u8) -> Secret {
        Secret::new([byte; 32]).unwrap()
    }

    /// A token that is made now is good for so many seconds, and for the tolerance more.
    fn assert_good_for(seconds: u64, life: Option<Duration>) {
        let ring = Arc::new(KeyRing::new(&secret(1).into(), "game"));
        let minter = Minter::new(Arc::clone(&ring));
        let key = Key::from("arena-42");
        let binding = Binding::Keyed { slot: Slot::of(&key) };
        let token = minter.mint_at(NOW, "Arena", &binding, &key, None, life);
        let is_good = |now: u64| ring.load().tokens.verify(&token, module_digest("Arena"), None, now).is_ok();
        let (first, last) = (NOW + seconds - DAY - 30, NOW + seconds + 30);
        for (now, good) in [
            (first - 1, false),
            (first, true),
            (NOW, true),
            (last - 30, true),
            (last, true),
            (last + 1, false),
        ] {
            assert_eq!(is_good(now), good, "{life:?}: {now} of {first} to {last}");
        }
        assert!(!is_good(0) && !is_good(u64::MAX));
    }

    #[test]
    fn a_token_is_good_for_an_hour_and_at_most_a_day_and_thirty_seconds_more() {
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        assert_good_for(3600, None);
        assert_good_for(0, seconds(0));
        assert_good_for(1, Some(Duration::from_millis(1_999)));
        assert_good_for(DAY - 1, seconds(DAY - 1));
        for long in [DAY, DAY + 1, 7 * DAY, u64::MAX] {
            assert_good_for(DAY, seconds(long));
        }
    }

    #[test]
    fn tokens_are_signed_with_the_secret_of_that_moment() {
        let (old, new) = (secret(1), secret(2));
        let ring = Arc::new(KeyRing::new(&old.clone().into(), "game"));
        let minter = Minter::new(Arc::clone(&ring));
        let key = Key::from(7);
        let binding = Binding::Keyed { slot: Slot::of(&key) };
        let mint = || minter.mint("Arena", &binding, &key, None, None);
        let accepts = |token: &ShardToken| minter.verify(token, "Arena", None).is_ok();
        let (of_old, of_new) = (mint(), {
            let other = Minter::new(Arc::new(KeyRing::new(&new.clone().into(), "game")));
            other.mint("Arena", &binding, &key, None, None)
        });
        let both = |current: &Secret, previous: &Secret| {
            Secrets::new(current.clone()).with_previous(previous.clone()).unwrap()
        };
        let key_id = |token: &ShardToken| token.to_string()[..3].to_owned();
        assert_ne!(key_id(&of_old), key_id(&of_new));
        for (secrets, old_is_good, new_is_good, signs) in [
            (Secrets::new(old.clone()), true, false, &of_old),
            (both(&old, &new), true, true, &of_old),
            (both(&new, &old), true, true, &of_new),
            (Secrets::new(new.clone()), false, true, &of_new),
        ] {
            ring.replace(&secrets);
            assert_eq!((accepts(&of_old), accepts(&of_new)), (old_is_good, new_is_good));
            let now = mint();
            assert!(accepts(&now));
            assert_eq!(key_id(&now), key_id(signs));
        }
    }
}
