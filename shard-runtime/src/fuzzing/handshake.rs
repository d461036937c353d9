//! The handshake, both sides of it.

use std::sync::LazyLock;

use super::script::Script;
use crate::trust::{LinkKeys, Secret, Secrets};
use crate::wire::handshake::{Config, Identity, Initiator, PeerHello, Purpose, Responder};

static ALPHA: LazyLock<Config> = LazyLock::new(|| config(identity("alpha", 0xa), &[7, 6]));
static BETA: LazyLock<Config> = LazyLock::new(|| config(identity("beta", 0xb), &[5, 7]));

/// By what the two ends of a connection know it: nothing at all, where it is not encrypted.
const CHANNELS: [&[u8]; 3] = [b"", b"a channel", b"another one"];

/// Without the secret nobody is accepted, by neither side, whatever he says; a handshake in which any byte was changed on
/// its way, that was heard before, or of which the two sides are at the ends of different channels, comes to nothing; and
/// two honest nodes learn of each other what each says, and what their link is for.
///
/// # Panics
///
/// When that does not hold.
pub fn handshake(input: &[u8]) {
    let mut script = Script::new(input);
    let choice = script.u8();
    let terms = Terms::new(choice / 5);
    match choice % 5 {
        0 => strange_initiator(&mut script, terms),
        1 => strange_responder(&mut script, terms),
        2 => changed_on_its_way(&mut script, terms),
        3 => heard_before(&mut script, terms),
        _ => any_identity(&mut script, terms),
    }
}

/// What a link is for, and the channel that each of its sides sees below it.
#[derive(Clone, Copy)]
struct Terms {
    purpose: Purpose,
    here: &'static [u8],
    there: &'static [u8],
}

impl Terms {
    /// 0 is a link for calls that is not encrypted.
    fn new(choice: u8) -> Self {
        let channel = |choice: u8| CHANNELS[usize::from(choice) % CHANNELS.len()];
        let purpose = if choice & 1 == 0 { Purpose::Calls } else { Purpose::Liveness };
        let here = channel(choice >> 1);
        // Most often they are the same.
        let there = if choice & 16 == 0 { here } else { channel((choice >> 1) + 1 + (choice >> 3 & 1)) };
        Self { purpose, here, there }
    }

    /// Dials as `config`.
    fn dial(self, config: &Config, nonce: u8) -> (Initiator, Vec<u8>) {
        Initiator::new(config.over(self.here), self.purpose, [nonce; 32])
    }

    /// Beta, who is dialled.
    fn responder(self, nonce: u8) -> Responder {
        Responder::new(BETA.over(self.there), [nonce; 32])
    }
}

/// Hellos with which the responder has nothing in common: another routing version, cluster or secret, or its own boot.
#[cfg(test)]
pub(super) fn strangers() -> Vec<Vec<u8>> {
    let hello = |identity: Identity, secret: u8, routing_version: u16| {
        let keys = LinkKeys::derive(&Secrets::new(Secret::new([secret; 32]).unwrap()), "game");
        Terms::new(0).dial(&Config::new(identity, keys, routing_version).unwrap(), 1).1
    };
    vec![
        hello(identity("alpha", 0xa), 7, 2),
        hello(Identity { cluster: "chess".to_owned(), ..identity("alpha", 0xa) }, 7, 1),
        hello(identity("alpha", 0xa), 8, 1),
        hello(identity("beta", 0xb), 7, 1),
    ]
}

/// The bodies of the hello of an honest handshake and of its challenge, which the seeds are made of.
#[cfg(test)]
pub(super) fn honest() -> (Vec<u8>, Vec<u8>) {
    let (_, hello) = Terms::new(0).dial(&ALPHA, 1);
    let (_, challenge) = Terms::new(0).responder(2).on_hello(&hello).unwrap();
    (hello, challenge)
}

fn identity(node: &str, boot: u64) -> Identity {
    Identity {
        cluster: "game".to_owned(),
        node: node.to_owned(),
        boot,
        address: "10.0.0.1:7400".to_owned(),
        version: "1.2.3".to_owned(),
    }
}

fn config(identity: Identity, secrets: &[u8]) -> Config {
    let mut all = secrets.iter().map(|byte| Secret::new([*byte; 32]).unwrap());
    let first = Secrets::new(all.next().unwrap());
    let ring = all.fold(first, |ring, secret| ring.with_previous(secret).unwrap());
    Config::new(identity, LinkKeys::derive(&ring, "game"), 1).unwrap()
}

fn strange_initiator(script: &mut Script<'_>, terms: Terms) {
    let len = usize::from(script.u16());
    let hello = script.take(len);
    match terms.responder(2).on_hello(hello) {
        Ok((challenged, challenge)) => {
            assert!(hello.starts_with(b"SHRD\x01\x00"), "another protocol or version is refused");
            assert!(challenge.len() <= 4096 && hello.len() <= 4096);
            let proof = challenged.on_proof(script.rest());
            assert!(proof.is_err(), "accepted without the secret: {proof:?}");
        }
        Err(refusal) => assert!(!refusal.text.is_empty() && refusal.encode().len() <= 3 + 512),
    }
}

fn strange_responder(script: &mut Script<'_>, terms: Terms) {
    // With a nonce that no challenge was ever made for.
    let (initiator, _) = terms.dial(&ALPHA, 9);
    let believed = initiator.on_challenge(script.rest());
    assert!(believed.is_err(), "believed without the secret: {believed:?}");
}

fn changed_on_its_way(script: &mut Script<'_>, terms: Terms) {
    let (initiator, hello) = terms.dial(&ALPHA, 1);
    let hello_there = altered(&hello, script);
    let Ok((challenged, challenge)) = terms.responder(2).on_hello(&hello_there) else {
        assert_ne!(hello, hello_there, "an honest hello was refused");
        return;
    };
    let challenge_here = altered(&challenge, script);
    let intact = hello == hello_there && challenge == challenge_here && terms.here == terms.there;
    match initiator.on_challenge(&challenge_here) {
        Ok((proof, peer)) => {
            assert!(intact, "what was changed on its way, or proved for another channel, was believed");
            assert_eq!((peer.node.as_str(), peer.boot, peer.purpose), ("beta", 0xb, terms.purpose));
            let proof_there = altered(&proof, script);
            let accepted = challenged.on_proof(&proof_there).map(|peer| (peer.boot, peer.purpose)).ok();
            assert_eq!(accepted, (proof == proof_there).then_some((0xa, terms.purpose)));
        }
        Err(error) => assert!(!intact, "an honest challenge was refused: {error}"),
    }
}

fn heard_before(script: &mut Script<'_>, terms: Terms) {
    let nonces = [script.u8(), script.u8(), script.u8(), script.u8()];
    // Both sides of a handshake are at the ends of one channel. Somebody may be at an end of each.
    let run = |channel: &'static [u8], a: u8, b: u8| {
        let terms = Terms { here: channel, there: channel, ..terms };
        let (initiator, hello) = terms.dial(&ALPHA, a);
        let (challenged, challenge) = terms.responder(b).on_hello(&hello).unwrap();
        (initiator, challenged, challenge)
    };
    let (initiator, _, challenge) = run(terms.here, nonces[0], nonces[1]);
    let (proof, _) = initiator.on_challenge(&challenge).unwrap();
    // Another handshake of the same two, into which what was overheard is played.
    let (other, challenged, _) = run(terms.there, nonces[2], nonces[3]);
    let one_channel = terms.here == terms.there;
    let same = one_channel && nonces[..2] == nonces[2..];
    assert_eq!(challenged.on_proof(&proof).is_ok(), same, "a proof is good for its handshake alone");
    let same = one_channel && nonces[0] == nonces[2];
    assert_eq!(other.on_challenge(&challenge).is_ok(), same, "and so is a challenge");
    let (_, challenged, challenge) = run(terms.here, nonces[0], nonces[1]);
    let theirs = &challenge[challenge.len() - 32..];
    assert!(challenged.on_proof(theirs).is_err(), "the responder's proof was taken for the initiator's");
}

fn any_identity(script: &mut Script<'_>, terms: Terms) {
    let mut text = || {
        let len = usize::from(script.u8());
        String::from_utf8_lossy(script.take(len)).into_owned()
    };
    let identity =
        Identity { cluster: "game".to_owned(), node: text(), boot: 0xc, address: text(), version: text() };
    let shown = [&identity.node, &identity.address, &identity.version];
    let fits = !identity.node.is_empty()
        && shown.iter().zip([128, 256, 64]).all(|(text, most)| text.len() <= most)
        && !shown.iter().any(|text| text.contains(char::is_control));
    let keys = LinkKeys::derive(&Secrets::new(Secret::new([7; 32]).unwrap()), "game");
    let expected = PeerHello {
        node: identity.node.clone(),
        boot: 0xc,
        address: identity.address.clone(),
        version: identity.version.clone(),
        purpose: terms.purpose,
    };
    let Ok(config) = Config::new(identity, keys, 1) else {
        assert!(!fits, "what fits was refused");
        return;
    };
    assert!(fits, "what does not fit, or cannot be shown, was taken");
    let (initiator, hello) = terms.dial(&config, 1);
    let (challenged, challenge) = terms.responder(2).on_hello(&hello).unwrap();
    match initiator.on_challenge(&challenge) {
        Ok((proof, _)) => {
            assert_eq!(terms.here, terms.there, "a challenge is good for its channel alone");
            assert_eq!(challenged.on_proof(&proof).unwrap(), expected);
        }
        Err(error) => assert_ne!(terms.here, terms.there, "an honest challenge was refused: {error}"),
    }
}

/// The message with what the script does to it: nothing, a byte changed, cut, or made longer.
fn altered(message: &[u8], script: &mut Script<'_>) -> Vec<u8> {
    let mut message = message.to_vec();
    let (how, at, value) = (script.u8(), usize::from(script.u16()), script.u8());
    match how % 4 {
        1 => {
            let at = at % message.len();
            message[at] ^= value;
        }
        2 => message.truncate(at),
        3 => message.extend(std::iter::repeat_n(value, at % 64)),
        _ => {}
    }
    message
}
