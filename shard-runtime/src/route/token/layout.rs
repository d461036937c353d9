//! Where everything stands in a token.

use super::claims::Claims;
use crate::route::key::Key;
use crate::trust::length;

const VERSION: u8 = 1;
const BOUND: u8 = 1;
const KEYED: u8 = 2;

/// Bytes of the header before the MAC.
const SIGNED_LEN: usize = 32;
const MAC_LEN: usize = 16;

/// A header and at least the kind byte of a key.
pub(super) const MIN_LEN: usize = SIGNED_LEN + MAC_LEN + 1;
pub(super) const MAX_LEN: usize = SIGNED_LEN + MAC_LEN + 1 + Key::MAX_LEN;

/// The greatest expiry that five bytes can say, in the year 36812.
pub(super) const MAX_EXPIRY: u64 = (1 << 40) - 1;

/// What the MAC begins with, so that it can never be the MAC of anything else.
const LABEL: &[u8] = b"shard 1 token";

/// A token taken apart, not believed yet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parts<'a> {
    pub(super) signed: &'a [u8; SIGNED_LEN],
    pub(super) mac: &'a [u8; MAC_LEN],
    pub(super) key: &'a [u8],
}

impl<'a> Parts<'a> {
    /// `None` if the length is not a token's, or the version is not ours.
    pub(super) fn of(token: &'a [u8]) -> Option<Self> {
        let (signed, rest) = token.split_first_chunk::<SIGNED_LEN>()?;
        let (mac, key) = rest.split_first_chunk()?;
        let [version, ..] = signed;
        let fits = (MIN_LEN..=MAX_LEN).contains(&token.len()) && *version == VERSION;
        fits.then_some(Self { signed, mac, key })
    }

    pub(super) fn key_id(&self) -> u8 {
        let [_, id, ..] = self.signed;
        *id
    }

    /// What the flag says. Before the MAC is found right, good for a log line only.
    pub(super) fn is_bound(&self) -> bool {
        let [_, _, flags, ..] = self.signed;
        flags & BOUND == BOUND
    }

    /// Reads the claims, which must not happen before the MAC was found right.
    pub(super) fn claims<'s>(&self, subject: Option<&'s str>) -> Option<Claims<'s>> {
        let (&[_, _, flags], rest) = self.signed.split_first_chunk()?;
        let (module, rest) = rest.split_first_chunk()?;
        let (node, rest) = rest.split_first_chunk()?;
        let (boot, rest) = rest.split_first_chunk()?;
        let expiry: &[u8; 5] = rest.try_into().ok()?;
        let keyed = flags & KEYED == KEYED;
        // A flag that we do not know would change what the token means.
        if flags != flags_of(subject, keyed) {
            return None;
        }
        let (node, boot) = (u64::from_le_bytes(*node), u64::from_le_bytes(*boot));
        if keyed && (node, boot) != (0, 0) {
            return None;
        }
        Some(Claims {
            module: u64::from_le_bytes(*module),
            node,
            boot,
            expiry: expiry.iter().rfold(0, |high, byte| high << 8 | u64::from(*byte)),
            key: Key::from_wire(self.key).ok()?,
            subject,
            keyed,
        })
    }
}

/// The header without its MAC. The expiry is cut to what five bytes can say.
pub(super) fn signed(key_id: u8, claims: &Claims<'_>) -> [u8; SIGNED_LEN] {
    let expiry = claims.expiry.min(MAX_EXPIRY).to_le_bytes();
    let head = [VERSION, key_id, flags_of(claims.subject, claims.keyed)];
    let numbers = [claims.module, claims.node, claims.boot].map(u64::to_le_bytes);
    let mut signed = [0; SIGNED_LEN];
    for (to, from) in signed.iter_mut().zip(head.iter().chain(numbers.as_flattened()).chain(&expiry)) {
        *to = *from;
    }
    signed
}

/// Hands what the MAC covers to `mac`, in order.
pub(super) fn covered<R>(
    signed: &[u8; SIGNED_LEN],
    key: &[u8],
    cluster: &str,
    subject: Option<&str>,
    mac: impl FnOnce(&[&[u8]]) -> R,
) -> R {
    #[cfg(planted_bug)]
    let key = if crate::fuzzing::is_planted("token") { &[] } else { key };
    let cluster = cluster.as_bytes();
    let (key_len, cluster_len) = (length(key), length(cluster));
    let subject_len = subject.map(|subject| length(subject.as_bytes()));
    mac(&[
        LABEL,
        signed,
        &key_len,
        key,
        &cluster_len,
        cluster,
        subject_len.as_ref().map_or(&[], |len| len.as_slice()),
        subject.unwrap_or_default().as_bytes(),
    ])
}

fn flags_of(subject: Option<&str>, keyed: bool) -> u8 {
    let bound = if subject.is_some() { BOUND } else { 0 };
    let keyed = if keyed { KEYED } else { 0 };
    bound | keyed
}
