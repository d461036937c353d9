//! The members at one moment.

use std::cmp::Reverse;
use std::hash::Hasher;
use std::sync::Arc;

use siphasher::sip::SipHasher24;

use super::{Boot, HostedModule, Member, MemberState, version};

const VIEW_KEY: &[u8; 16] = b"shard-view-00001";

/// The members of the cluster at one moment, as this node sees them, sorted by name.
///
/// Cloning does not allocate; a view never changes.
#[derive(Debug, Clone)]
pub struct View {
    members: Arc<[Member]>,
    digest: u64,
}

impl View {
    /// The members in any order; of two with one name the first counts.
    pub(crate) fn new(mut members: Vec<Member>) -> Self {
        members.sort_by(|a, b| a.name.cmp(&b.name));
        members.dedup_by(|a, b| a.name == b.name);
        for member in &mut members {
            member.modules.sort_unstable();
        }
        let digest = digest(&members);
        Self { members: members.into(), digest }
    }

    /// All members, sorted by name.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// The member of this name.
    pub fn get(&self, name: &str) -> Option<&Member> {
        let at = self.members.binary_search_by(|member| member.name.as_str().cmp(name)).ok()?;
        self.members.get(at)
    }

    /// The member of that boot.
    pub(crate) fn by_boot(&self, boot: Boot) -> Option<&Member> {
        self.members.iter().find(|member| member.boot == boot)
    }

    /// The members that can host a module, sorted by name: the active ones, and those that are draining. A
    /// broadcast addresses them all, unless the module has a [limit](Self::limit).
    pub fn hosts<'a>(&'a self, module: &'a str) -> impl Iterator<Item = &'a Member> {
        let takes_part = |state| matches!(state, MemberState::Active | MemberState::Draining);
        self.members.iter().filter(move |member| takes_part(member.state) && member.hosts(module))
    }

    /// The active members that can host a module, sorted by name: those that own its slots, and on which
    /// keys are placed, as far as the module's [limit](Self::limit) lets them.
    pub fn active_hosts<'a>(&'a self, module: &'a str) -> impl Iterator<Item = &'a Member> {
        self.hosts(module).filter(|member| member.state == MemberState::Active)
    }

    /// On how many nodes a module runs at most; `None` for all that can host it.
    ///
    /// Where its active hosts differ in this, those with the newest version of the program decide, and among
    /// those the one with the smallest limit. Versions are compared as numbers with dots between them, then as
    /// text; one that was not said is the oldest.
    pub fn limit(&self, module: &str) -> Option<u32> {
        self.decider(module).and_then(|(_, hosted)| hosted.limit)
    }

    /// Who decides a module's limit, and how it has the module. When nobody active hosts it, those that
    /// drain are asked.
    pub(crate) fn decider<'a>(&'a self, module: &'a str) -> Option<(&'a Member, &'a HostedModule)> {
        let newest = |(a, x): &(&Member, &HostedModule), (b, y): &(&Member, &HostedModule)| {
            let limit = |hosted: &HostedModule| Reverse(hosted.limit.unwrap_or(u32::MAX));
            let version = version::compare(&a.version, &b.version);
            version.then_with(|| limit(x).cmp(&limit(y)))
        };
        let active = self.active_hosts(module).filter_map(|member| member.with(module)).max_by(newest);
        active.or_else(|| self.hosts(module).filter_map(|member| member.with(module)).max_by(newest))
    }

    /// A number that two views share exactly when they have the same names, boots, states, versions and
    /// modules with their limits (but for a chance of one in 2^64).
    pub fn digest(&self) -> u64 {
        self.digest
    }
}

impl Default for View {
    fn default() -> Self {
        Self::new(Vec::new())
    }
}

impl PartialEq for View {
    fn eq(&self, other: &Self) -> bool {
        self.members == other.members
    }
}

impl Eq for View {}

/// `SipHash-2-4("shard-view-00001", members)`, everything little-endian: the number of members (u64),
/// and for each, by name: name, boot (u64), state (u8), version, the number of modules (u64), and for each
/// of those, by name: name, digest (u64), limit (u64, [`u64::MAX`] for none). A text has its length (u64)
/// in front.
fn digest(members: &[Member]) -> u64 {
    let mut hasher = SipHasher24::new_with_key(VIEW_KEY);
    count(&mut hasher, members.len());
    for member in members {
        text(&mut hasher, member.name.as_str());
        hasher.write(&member.boot.get().to_le_bytes());
        hasher.write(&[member.state.to_wire()]);
        text(&mut hasher, &member.version);
        count(&mut hasher, member.modules.len());
        for module in &member.modules {
            text(&mut hasher, &module.name);
            hasher.write(&module.digest.to_le_bytes());
            hasher.write(&module.limit.map_or(u64::MAX, u64::from).to_le_bytes());
        }
    }
    hasher.finish()
}

fn text(hasher: &mut SipHasher24, text: &str) {
    count(hasher, text.len());
    hasher.write(text.as_bytes());
}

fn count(hasher: &mut SipHasher24, count: usize) {
    hasher.write(&u64::try_from(count).unwrap_or(u64::MAX).to_le_bytes());
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn member(name: &str, state: MemberState, modules: &[&str]) -> Member {
        let modules = modules.iter().map(|name| HostedModule::new(*name, 9)).collect();
        Member { state, modules, ..Member::new(name.parse().unwrap(), Boot::new(7)) }
    }

    fn three() -> Vec<Member> {
        vec![
            member("gamma", MemberState::Active, &["Lobby", "Arena"]),
            member("alpha", MemberState::Active, &["Arena"]),
            member("beta", MemberState::Draining, &["Arena"]),
        ]
    }

    #[test]
    fn finds_members_and_hosts() {
        let view = View::new(three());
        let names: Vec<_> = view.members().iter().map(|member| member.name.as_str()).collect();
        assert_eq!(names, ["alpha", "beta", "gamma"]);
        assert_eq!(view.get("beta").unwrap().state, MemberState::Draining);
        assert!(view.get("delta").is_none());
        let hosts = |module| view.hosts(module).map(|member| member.name.to_string()).collect::<Vec<_>>();
        assert_eq!(hosts("Arena"), ["alpha", "beta", "gamma"]);
        let active: Vec<_> = view.active_hosts("Arena").map(|member| member.name.as_str()).collect();
        assert_eq!(active, ["alpha", "gamma"], "one that drains owns nothing");
        assert_eq!(hosts("Lobby"), ["gamma"]);
        assert!(hosts("Shop").is_empty());
    }

    #[test]
    fn who_joins_or_has_left_hosts_nothing() {
        for state in [MemberState::Joining, MemberState::Left] {
            let mut members = three();
            members[1].state = state;
            let hosts: Vec<_> =
                View::new(members).hosts("Arena").map(|member| member.name.to_string()).collect();
            assert_eq!(hosts, ["beta", "gamma"], "alpha is {state:?}");
        }
    }

    #[test]
    fn the_newest_versions_limit_counts() {
        use MemberState::{Active, Draining, Joining};
        let limit = |members: &[(MemberState, &str, Option<u32>)]| {
            let members = members.iter().zip("abcdef".chars()).map(|((state, version, limit), name)| {
                let mut member = member(&name.to_string(), *state, &["Lobby", "Arena"]);
                member.version = (*version).to_owned();
                member.modules[1].limit = *limit;
                member
            });
            let members: Vec<_> = members.collect();
            let turned = View::new(members.iter().rev().cloned().collect());
            let view = View::new(members);
            assert_eq!(view.limit("Arena"), turned.limit("Arena"));
            assert_eq!(view.limit("Lobby"), None);
            view.limit("Arena")
        };
        assert_eq!(limit(&[]), None);
        assert_eq!(limit(&[(Active, "", Some(3))]), Some(3));
        assert_eq!(limit(&[(Active, "1.9", Some(3)), (Active, "1.10", Some(5))]), Some(5));
        assert_eq!(limit(&[(Active, "1.9", Some(3)), (Active, "1.10", None)]), None);
        assert_eq!(limit(&[(Active, "1", Some(5)), (Active, "1", Some(3)), (Active, "1", None)]), Some(3));
        assert_eq!(limit(&[(Active, "", Some(1)), (Active, "0.1", Some(2))]), Some(2));
        // One that joins decides when it has become active, one that drains no more.
        assert_eq!(limit(&[(Active, "1", Some(3)), (Joining, "2", Some(5))]), Some(3));
        assert_eq!(limit(&[(Active, "1", Some(3)), (Draining, "2", Some(5))]), Some(3));
        assert_eq!(limit(&[(Draining, "2", Some(5)), (Draining, "1", Some(4))]), Some(5));
    }

    #[test]
    fn the_digest_is_frozen() {
        assert_eq!(View::default().digest(), 9_555_349_948_509_939_769);
        assert_eq!(View::new(three()).digest(), 4_551_675_715_091_839_906);
    }

    #[test]
    fn whatever_decides_a_placement_is_in_the_digest() {
        let before = View::new(three()).digest();
        let changes: [fn(&mut Vec<Member>); 8] = [
            |members| drop(members.pop()),
            |members| members[0].boot = Boot::new(8),
            |members| members[0].state = MemberState::Joining,
            |members| members[0].modules[0].digest = 10,
            |members| members[0].modules[0].limit = Some(3),
            |members| members[0].version = "2".into(),
            |members| drop(members[0].modules.pop()),
            |members| members[0].name = "gammb".parse().unwrap(),
        ];
        for change in changes {
            let mut members = three();
            change(&mut members);
            assert_ne!(View::new(members).digest(), before);
        }
        let mut members = three();
        members[0].address = "elsewhere:1".into();
        assert_eq!(View::new(members).digest(), before, "an address places nothing");
    }

    proptest! {
        #[test]
        fn order_does_not_matter(members in Just(three()).prop_shuffle()) {
            prop_assert_eq!(View::new(members), View::new(three()));
        }
    }
}
