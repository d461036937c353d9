//! One key per purpose and cluster, derived from each secret.
//!
//! `key = HMAC-SHA256(secret, label ‖ length of the cluster's name (u64, little-endian) ‖ the name)`.
//! No label is the beginning of another. The cluster's name is part of it, so that two clusters that
//! were given one secret by mistake still do not accept each other's links and tokens.
//!
//! Each key has an *id*, by which the other side finds it in its ring: the first bytes of
//! `HMAC-SHA256(key, "shard 1 key id")`. It comes from the derived key, so that it says nothing about
//! the secret's other keys, and two purposes' ids of one secret cannot be linked.

use std::fmt;
use std::sync::Arc;

use super::mac::{Mac, length};
use super::secret::{Secret, Secrets};

const LINK: &[u8] = b"shard 1 link";
const TOKEN: &[u8] = b"shard 1 token";
const GOSSIP: &[u8] = b"shard 1 gossip";
const KEY_ID: &[u8] = b"shard 1 key id";

/// The keys that prove who may hold a link, the current one first.
#[derive(Clone)]
pub(crate) struct LinkKeys(Arc<[LinkKey]>);

impl LinkKeys {
    pub(crate) fn derive(secrets: &Secrets, cluster: &str) -> Self {
        Self(secrets.iter().map(|secret| LinkKey(Derived::new(secret, LINK, cluster))).collect())
    }

    /// The ids to offer, at most eight.
    pub(crate) fn ids(&self) -> impl Iterator<Item = u32> {
        self.0.iter().map(LinkKey::id)
    }

    pub(crate) fn get(&self, id: u32) -> Option<&LinkKey> {
        self.0.iter().find(|key| key.id() == id)
    }

    /// The first of ours that the other side offered.
    pub(crate) fn common(&self, offered: &[u32]) -> Option<&LinkKey> {
        self.0.iter().find(|key| offered.contains(&key.id()))
    }
}

/// The key of one secret for links.
#[derive(Clone)]
pub(crate) struct LinkKey(Derived);

impl LinkKey {
    pub(crate) fn id(&self) -> u32 {
        self.0.id
    }

    /// Proves that we know the key. The parts carry their lengths and begin with the prover's role.
    pub(crate) fn prove(&self, parts: &[&[u8]]) -> [u8; 32] {
        self.0.mac.tag(parts)
    }

    /// Whether the other side knows the key; takes the same time for every wrong proof.
    pub(crate) fn proves(&self, parts: &[&[u8]], proof: &[u8; 32]) -> bool {
        self.0.mac.verify(parts, proof)
    }
}

/// The keys that sign shard tokens, the current one first.
#[derive(Clone)]
pub(crate) struct TokenKeys {
    cluster: Arc<str>,
    current: TokenKey,
    previous: Arc<[TokenKey]>,
}

impl TokenKeys {
    pub(crate) fn derive(secrets: &Secrets, cluster: &str) -> Self {
        let derive = |secret: &Secret| TokenKey(Derived::new(secret, TOKEN, cluster));
        Self {
            cluster: cluster.into(),
            current: derive(secrets.current()),
            previous: secrets.previous().iter().map(derive).collect(),
        }
    }

    /// The cluster whose tokens these keys sign.
    pub(crate) fn cluster(&self) -> &str {
        &self.cluster
    }

    /// The key to sign with.
    pub(crate) fn current(&self) -> &TokenKey {
        &self.current
    }

    /// The keys of one id. As an id is one byte, two secrets of a ring may share one: try them all.
    pub(crate) fn with_id(&self, id: u8) -> impl Iterator<Item = &TokenKey> {
        std::iter::once(&self.current).chain(self.previous.iter()).filter(move |key| key.id() == id)
    }
}

/// The key of one secret for tokens.
#[derive(Clone)]
pub(crate) struct TokenKey(Derived);

impl TokenKey {
    pub(crate) fn id(&self) -> u8 {
        let [id, ..] = self.0.id.to_le_bytes();
        id
    }

    /// The MAC of a token: the first 128 bits.
    pub(crate) fn sign(&self, parts: &[&[u8]]) -> [u8; 16] {
        self.0.mac.tag_short(parts)
    }

    /// Whether the MAC is ours; takes the same time for every wrong one.
    pub(crate) fn signed(&self, parts: &[&[u8]], mac: &[u8; 16]) -> bool {
        self.0.mac.verify_short(parts, mac)
    }
}

/// The keys that seal what nodes say about each other, the current one first.
#[derive(Clone)]
pub(crate) struct GossipKeys {
    current: Derived,
    previous: Arc<[Derived]>,
}

impl GossipKeys {
    pub(crate) fn derive(secrets: &Secrets, cluster: &str) -> Self {
        let derive = |secret: &Secret| Derived::new(secret, GOSSIP, cluster);
        Self { current: derive(secrets.current()), previous: secrets.previous().iter().map(derive).collect() }
    }

    /// The id of the key that [`seal`](Self::seal) uses.
    pub(crate) fn id(&self) -> u32 {
        self.current.id
    }

    /// The MAC of the parts with the current key: the first 128 bits.
    pub(crate) fn seal(&self, parts: &[&[u8]]) -> [u8; 16] {
        self.current.mac.tag_short(parts)
    }

    /// Whether the MAC is that of one of our keys with this id, `None` when no key has it. Takes the same time for
    /// every wrong MAC.
    pub(crate) fn opens(&self, id: u32, parts: &[&[u8]], mac: &[u8; 16]) -> Option<bool> {
        let keys = std::iter::once(&self.current).chain(self.previous.iter());
        keys.filter(|key| key.id == id).map(|key| key.mac.verify_short(parts, mac)).reduce(|a, b| a | b)
    }
}

impl fmt::Debug for LinkKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkKeys(..)")
    }
}

impl fmt::Debug for TokenKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenKeys(..)")
    }
}

impl fmt::Debug for GossipKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GossipKeys(..)")
    }
}

/// A derived key, ready for use, and its id.
#[derive(Clone)]
struct Derived {
    id: u32,
    mac: Mac,
}

impl Derived {
    fn new(secret: &Secret, label: &[u8], cluster: &str) -> Self {
        let mac = Mac::new(&derive(secret, label, cluster));
        let [a, b, c, d, ..] = mac.tag(&[KEY_ID]);
        Self { id: u32::from_le_bytes([a, b, c, d]), mac }
    }
}

fn derive(secret: &Secret, label: &[u8], cluster: &str) -> [u8; 32] {
    let name = cluster.as_bytes();
    Mac::new(secret.bytes()).tag(&[label, &length(name), name])
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::trust) fn secrets(bytes: &[u8]) -> Secrets {
        let mut all = bytes.iter().map(|byte| Secret::new([*byte; 32]).unwrap());
        let first = Secrets::new(all.next().unwrap());
        all.fold(first, |secrets, previous| secrets.with_previous(previous).unwrap())
    }

    #[test]
    fn purposes_clusters_and_secrets_have_separate_keys() {
        let one = Secret::new([1; 32]).unwrap();
        let two = Secret::new([2; 32]).unwrap();
        let mut keys = vec![];
        for label in [LINK, TOKEN, GOSSIP] {
            for cluster in ["a", "b", ""] {
                keys.extend([derive(&one, label, cluster), derive(&two, label, cluster)]);
            }
        }
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), 18);
    }

    #[test]
    fn a_ring_finds_its_keys_by_id() {
        let ring = LinkKeys::derive(&secrets(&[1, 2]), "c");
        let ids: Vec<_> = ring.ids().collect();
        assert_eq!(ids.len(), 2);
        assert_eq!(ring.get(ids[1]).unwrap().id(), ids[1]);
        assert_eq!(ring.common(&[ids[1], ids[0]]).unwrap().id(), ids[0], "our order counts");
        assert!(ring.common(&[]).is_none());
    }

    #[test]
    fn keys_that_share_an_id_are_all_tried() {
        // One byte of id repeats soon; find two secrets whose token keys share theirs.
        let of = |byte| TokenKeys::derive(&secrets(&[byte]), "c").current().clone();
        let (a, b) = (0..=255u8)
            .flat_map(|a| (0..a).map(move |b| (a, b)))
            .find(|(a, b)| of(*a).id() == of(*b).id())
            .unwrap();
        let ring = TokenKeys::derive(&secrets(&[a, b]), "c");
        assert_eq!(ring.with_id(of(a).id()).count(), 2);
        let mac = of(b).sign(&[b"message"]);
        assert!(ring.with_id(of(b).id()).any(|key| key.signed(&[b"message"], &mac)));
    }

    #[test]
    fn a_ring_seals_with_the_current_key_and_opens_with_any() {
        let (old, both) =
            (GossipKeys::derive(&secrets(&[2]), "c"), GossipKeys::derive(&secrets(&[1, 2]), "c"));
        let mac = old.seal(&[b"body"]);
        assert_eq!(both.opens(old.id(), &[b"body"], &mac), Some(true));
        assert_eq!(both.opens(old.id(), &[b"bodx"], &mac), Some(false));
        assert_eq!(old.opens(both.id(), &[b"body"], &both.seal(&[b"body"])), None, "it is not known yet");
        assert_ne!(both.id(), old.id());
    }

    #[test]
    fn rings_never_show_their_keys() {
        let secrets = secrets(&[1]);
        let shown = (
            LinkKeys::derive(&secrets, "c"),
            TokenKeys::derive(&secrets, "c"),
            GossipKeys::derive(&secrets, "c"),
        );
        assert_eq!(format!("{shown:?}"), "(LinkKeys(..), TokenKeys(..), GossipKeys(..))");
    }

    #[test]
    fn derivation_is_frozen() {
        let key = derive(&Secret::new([1; 32]).unwrap(), LINK, "cluster");
        assert_eq!(key[..4], GOLDEN_LINK_KEY);
        assert_eq!(LinkKeys::derive(&secrets(&[1]), "cluster").ids().collect::<Vec<_>>(), [GOLDEN_LINK_ID]);
        assert_eq!(TokenKeys::derive(&secrets(&[1]), "cluster").current().id(), GOLDEN_TOKEN_ID);
        assert_eq!(GossipKeys::derive(&secrets(&[1]), "cluster").id(), GOLDEN_GOSSIP_ID);
    }

    const GOLDEN_LINK_KEY: [u8; 4] = [190, 204, 111, 238];
    const GOLDEN_LINK_ID: u32 = 0xa071_9e28;
    const GOLDEN_TOKEN_ID: u8 = 0x55;
    const GOLDEN_GOSSIP_ID: u32 = 0x8257_52ec;
}
