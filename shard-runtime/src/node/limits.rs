//! Says so when nodes differ about a module's limit.

use std::collections::{BTreeSet, HashMap};
use std::sync::Mutex;

use super::inner::lock;
use crate::dispatch::Registry;
use crate::membership::View;

/// Which limits there were of each module when it was last spoken of. As many as the node has modules.
#[derive(Default)]
pub(super) struct Limits(Mutex<HashMap<&'static str, BTreeSet<Option<u32>>>>);

impl Limits {
    /// Logs each module of this node for which the nodes of a view differ, if they did not do so before.
    pub(super) fn look_at(&self, view: &View, registry: &Registry) {
        for entry in registry.entries() {
            if let Some((limits, version)) = self.news(view, entry.name()) {
                tracing::warn!(
                    module = entry.name(),
                    ?limits,
                    counts = ?view.limit(entry.name()),
                    version,
                    "nodes differ in the module's limit; that of the newest version counts"
                );
            }
        }
    }

    /// The limits in which a view's active nodes differ, if they are not the same as before, and the version that
    /// decides.
    fn news(&self, view: &View, module: &'static str) -> Option<(BTreeSet<Option<u32>>, String)> {
        let limits: BTreeSet<_> =
            view.active_hosts(module).filter_map(|member| Some(member.module(module)?.limit)).collect();
        let mut known = lock(&self.0);
        if limits.len() < 2 {
            known.remove(module);
            return None;
        }
        if known.get(module) == Some(&limits) {
            return None;
        }
        known.insert(module, limits.clone());
        let version = view.decider(module).map(|(member, _)| member.version.clone());
        Some((limits, version.unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::membership::{Boot, HostedModule, Member, MemberState};

    fn view(limits: &[(&str, Option<u32>)]) -> View {
        let members = limits.iter().enumerate().map(|(at, (version, limit))| Member {
            state: MemberState::Active,
            modules: vec![HostedModule { limit: *limit, ..HostedModule::new("Arena", 1) }],
            version: (*version).to_owned(),
            ..Member::new(format!("node-{at}").parse().unwrap(), Boot::new(at as u64))
        });
        View::new(members.collect())
    }

    #[test]
    fn a_difference_is_told_once_and_again_when_it_is_another() {
        let watch = Limits::default();
        let news = |limits: &[(&str, Option<u32>)]| {
            watch.news(&view(limits), "Arena").map(|(limits, version)| (Vec::from_iter(limits), version))
        };
        assert_eq!(news(&[("1", Some(3)), ("1", Some(3))]), None);
        let both = Some((vec![Some(3), Some(5)], "2".to_owned()));
        assert_eq!(news(&[("1", Some(3)), ("2", Some(5))]), both);
        assert_eq!(
            news(&[("2", Some(5)), ("1", Some(3)), ("1", Some(3))]),
            None,
            "who it is does not matter"
        );
        let another = Some((vec![None, Some(5)], "2".to_owned()));
        assert_eq!(news(&[("1", None), ("2", Some(5))]), another);
        assert_eq!(news(&[("2", Some(5))]), None);
        assert_eq!(news(&[("1", Some(3)), ("2", Some(5))]), both, "it had been settled");
    }
}
