//! Many nodes over a made-up network, and a clock that is only counted.

mod faults;
mod golden;
mod growth;
mod hostile;
mod names;
mod network;
mod rules;

use network::Network;

use super::*;
use crate::membership::{Boot, HostedModule, Member, MemberState, NodeName, View};
use crate::trust::{GossipKeys, Secret, Secrets};

fn keys() -> GossipKeys {
    keys_of(&[1], "cluster")
}

fn keys_of(secrets: &[u8], cluster: &str) -> GossipKeys {
    let mut all = secrets.iter().map(|byte| Secret::new([*byte; 32]).unwrap());
    let first = Secrets::new(all.next().unwrap());
    GossipKeys::derive(&all.fold(first, |all, next| all.with_previous(next).unwrap()), cluster)
}

fn name(text: &str) -> NodeName {
    text.parse().unwrap()
}

/// An active member with what a small program brings.
fn member(text: &str, boot: u64, drawn: u64) -> Member {
    let mut member = Member::new(name(text), Boot::new(boot));
    member.address = format!("10.0.0.{boot}:4000");
    member.state = MemberState::Active;
    member.roles = vec!["game".into()];
    member.modules = ["Arena", "Lobby", "Players"].map(|name| HostedModule::new(name, boot)).into();
    member.age.drawn = drawn;
    member
}

fn swim(text: &str, boot: u64) -> Swim {
    Swim::new(member(text, boot, boot), keys(), boot, Pace::default()).unwrap()
}

fn digest(swim: &Swim) -> u64 {
    View::new(swim.members()).digest()
}
