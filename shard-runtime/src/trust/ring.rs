//! The keys of a node, which can be replaced while it lives.

use std::sync::Arc;

use arc_swap::{ArcSwap, Guard};

use super::keys::{GossipKeys, LinkKeys, TokenKeys};
use super::secret::Secrets;

/// The keys of one node for its cluster, for all purposes together: whoever looks sees those of one set of secrets.
///
/// What takes longer than a moment, such as a handshake, looks once and goes on with what it has seen.
pub(crate) struct KeyRing {
    cluster: String,
    keys: ArcSwap<Keys>,
}

/// The keys of one set of secrets.
pub(crate) struct Keys {
    pub(crate) links: LinkKeys,
    pub(crate) tokens: TokenKeys,
    pub(crate) gossip: GossipKeys,
}

impl KeyRing {
    /// With the keys of one set of secrets for everything.
    pub(crate) fn new(secrets: &Secrets, cluster: &str) -> Self {
        Self::apart(secrets, secrets, cluster)
    }

    /// With other secrets for tokens than for what nodes have to do with each other.
    pub(crate) fn apart(nodes: &Secrets, tokens: &Secrets, cluster: &str) -> Self {
        let keys = Keys { tokens: TokenKeys::derive(tokens, cluster), ..Keys::derive(nodes, cluster) };
        Self { cluster: cluster.to_owned(), keys: ArcSwap::from_pointee(keys) }
    }

    /// The keys that count now.
    pub(crate) fn load(&self) -> Guard<Arc<Keys>> {
        self.keys.load()
    }

    /// From its return on other keys count. Gives back those that counted before.
    pub(crate) fn replace(&self, secrets: &Secrets) -> Arc<Keys> {
        self.keys.swap(Arc::new(Keys::derive(secrets, &self.cluster)))
    }
}

impl Keys {
    fn derive(secrets: &Secrets, cluster: &str) -> Self {
        Self {
            links: LinkKeys::derive(secrets, cluster),
            tokens: TokenKeys::derive(secrets, cluster),
            gossip: GossipKeys::derive(secrets, cluster),
        }
    }

    /// Whether a node with these keys and one with `others` accept each other.
    pub(crate) fn meet(&self, others: &Self) -> bool {
        others.links.ids().any(|id| self.links.get(id).is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::super::keys::tests::secrets;
    use super::*;

    #[test]
    fn a_ring_that_is_replaced_has_the_keys_of_a_new_one() {
        let ring = KeyRing::new(&secrets(&[1]), "c");
        for step in [[1, 2].as_slice(), &[2, 1], &[2]] {
            let (seen, fresh) = (ring.load(), KeyRing::new(&secrets(step), "c"));
            let before: Vec<_> = seen.links.ids().collect();
            let replaced = ring.replace(&secrets(step));
            assert!(Arc::ptr_eq(&seen, &replaced) && seen.links.ids().eq(before), "who has looked keeps it");
            let (now, fresh) = (ring.load(), fresh.load());
            assert!(now.links.ids().eq(fresh.links.ids()), "{step:?}");
            assert_eq!(now.tokens.current().sign(&[b"m"]), fresh.tokens.current().sign(&[b"m"]));
            assert_eq!(now.gossip.seal(&[b"m"]), fresh.gossip.seal(&[b"m"]));
            assert!(now.meet(&replaced) && replaced.meet(&now), "{step:?}");
        }
        let before = ring.replace(&secrets(&[3]));
        assert!(!ring.load().meet(&before));
    }

    #[test]
    fn whoever_looks_sees_the_keys_of_one_set_of_secrets() {
        let ring = KeyRing::new(&secrets(&[1]), "c");
        let kinds: Vec<_> = [1, 2].map(|byte| KeyRing::new(&secrets(&[byte]), "c")).into();
        let shown = |keys: &Keys| {
            (keys.links.ids().collect::<Vec<_>>(), keys.tokens.current().id(), keys.gossip.id())
        };
        let kinds: Vec<_> = kinds.iter().map(|ring| shown(&ring.load())).collect();
        std::thread::scope(|scope| {
            for byte in [1, 2] {
                let ring = &ring;
                scope.spawn(move || (0..500).for_each(|_| drop(ring.replace(&secrets(&[byte])))));
            }
            (0..5_000).for_each(|_| assert!(kinds.contains(&shown(&ring.load()))));
        });
    }
}
