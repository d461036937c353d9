//! Making and verifying tokens.

use super::claims::{Claims, MAX_LIFETIME, TOLERANCE, expiry_after};
use super::error::{TokenError, TokenRefusal};
use super::layout::{Parts, covered, signed};
use super::shard_token::ShardToken;
use crate::route::key::KeyTooLong;
use crate::trust::TokenKeys;

impl TokenKeys {
    /// Signs the claims with the current secret. An expiry more than 24 h after `now` (seconds since
    /// 1970) is brought forward to that.
    pub(crate) fn mint(&self, claims: &Claims<'_>, now: u64) -> Result<ShardToken, KeyTooLong> {
        claims.key.check()?;
        let expiry = claims.expiry.min(expiry_after(now, MAX_LIFETIME));
        let claims = Claims { expiry, ..claims.clone() };
        let key = claims.key.wire();
        let signer = self.current();
        let header = signed(signer.id(), &claims);
        let mac = covered(&header, key, self.cluster(), claims.subject, |parts| signer.sign(parts));
        Ok(ShardToken::from_bytes(&[header.as_slice(), &mac, key].concat()))
    }

    /// Believes a token, or refuses it: the MAC first, in constant time, and then what it covers.
    ///
    /// With a `subject`, only tokens bound to it are accepted; without one, only tokens that are not
    /// bound: whoever demands a subject must not be content with a token that anybody may use.
    pub(crate) fn verify<'s>(
        &self,
        token: &ShardToken,
        module: u64,
        subject: Option<&'s str>,
        now: u64,
    ) -> Result<Claims<'s>, TokenError> {
        let parts = Parts::of(token.as_bytes()).ok_or(TokenRefusal::Malformed)?;
        self.check_mac(&parts, subject)?;

        let claims = parts.claims(subject).ok_or(TokenRefusal::Content)?;
        let tolerance = TOLERANCE.as_secs();
        let refusal = if claims.module != module {
            TokenRefusal::Module
        } else if now > claims.expiry.saturating_add(tolerance) {
            TokenRefusal::Expired
        } else if claims.expiry > expiry_after(now, MAX_LIFETIME).saturating_add(tolerance) {
            TokenRefusal::TooLongLived
        } else {
            return Ok(claims);
        };
        Err(refusal.into())
    }

    fn check_mac(&self, parts: &Parts<'_>, subject: Option<&str>) -> Result<(), TokenRefusal> {
        let mut keys = self.with_id(parts.key_id()).peekable();
        if keys.peek().is_none() {
            return Err(TokenRefusal::UnknownKey);
        }
        let right = covered(parts.signed, parts.key, self.cluster(), subject, |covered| {
            keys.any(|key| key.signed(covered, parts.mac))
        });
        // What a token with a wrong MAC says of itself may be a lie; it is only for the log.
        match (right, parts.is_bound(), subject.is_some()) {
            (true, ..) => Ok(()),
            (false, true, false) => Err(TokenRefusal::SubjectMissing),
            (false, false, true) => Err(TokenRefusal::Unbound),
            (false, ..) => Err(TokenRefusal::Mac),
        }
    }
}
