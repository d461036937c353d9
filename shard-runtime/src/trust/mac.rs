//! HMAC-SHA256 (RFC 2104, FIPS 180-4) with a key set up once.

use hmac::{Hmac, KeyInit, Mac as _};
use sha2::{Digest, Sha256};

/// The block of SHA-256: HMAC pads a shorter key with zeros up to it and hashes a longer one first.
const BLOCK: usize = 64;

/// A keyed HMAC-SHA256, cloned for each message.
///
/// Setting up the key costs two compressions, which is half the price of a token: so it is done once.
#[derive(Clone)]
pub(super) struct Mac(Hmac<Sha256>);

impl Mac {
    /// Takes a key of any length, as RFC 2104 does.
    pub(super) fn new(key: &[u8]) -> Self {
        let hashed: [u8; 32];
        let key = if key.len() > BLOCK {
            hashed = Sha256::digest(key).into();
            &hashed
        } else {
            key
        };
        let mut block = [0; BLOCK];
        for (to, from) in block.iter_mut().zip(key) {
            *to = *from;
        }
        Self(Hmac::new(&block.into()))
    }

    /// The tag of the parts, one after the other. Whoever needs a border between two writes it.
    pub(super) fn tag(&self, parts: &[&[u8]]) -> [u8; 32] {
        self.over(parts).finalize().into_bytes().into()
    }

    /// The first half of the tag.
    pub(super) fn tag_short(&self, parts: &[&[u8]]) -> [u8; 16] {
        let mut half = [0; 16];
        for (to, from) in half.iter_mut().zip(self.tag(parts)) {
            *to = from;
        }
        half
    }

    /// Compares a whole tag in constant time.
    pub(super) fn verify(&self, parts: &[&[u8]], tag: &[u8; 32]) -> bool {
        self.over(parts).verify_slice(tag).is_ok()
    }

    /// Compares the first half of a tag in constant time.
    pub(super) fn verify_short(&self, parts: &[&[u8]], tag: &[u8; 16]) -> bool {
        self.over(parts).verify_truncated_left(tag).is_ok()
    }

    fn over(&self, parts: &[&[u8]]) -> Hmac<Sha256> {
        let mut mac = self.0.clone();
        for part in parts {
            mac.update(part);
        }
        mac
    }
}

/// The length written in front of a part of variable length under a MAC: eight bytes, little-endian.
pub(crate) fn length(part: &[u8]) -> [u8; 8] {
    u64::try_from(part.len()).unwrap_or(u64::MAX).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
    }

    #[test]
    fn agrees_with_rfc_4231() {
        let short = Mac::new(b"Jefe").tag(&[b"what do ya want ", b"for nothing?"]);
        assert_eq!(hex(&short), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
        let long = Mac::new(&[0xaa; 131])
            .tag(&[b"Test Using Larger Than Block-Size Key - Hash Key First".as_slice()]);
        assert_eq!(hex(&long), "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    }

    #[test]
    fn verifies_whole_and_half_tags_and_nothing_else() {
        let mac = Mac::new(b"key");
        let tag = mac.tag(&[b"message"]);
        let half = mac.tag_short(&[b"message"]);
        assert_eq!(tag[..16], half);
        assert!(mac.verify(&[b"message"], &tag) && mac.verify_short(&[b"mess", b"age"], &half));
        assert!(!mac.verify(&[b"massage"], &tag) && !mac.verify_short(&[b"massage"], &half));
        assert!(!Mac::new(b"kez").verify(&[b"message"], &tag));
    }
}
