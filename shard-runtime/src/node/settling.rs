//! When a node's view has settled: enough of the addresses that were found first have been heard of.

use std::collections::{BTreeMap, BTreeSet};

use crate::discovery::Enough;
use crate::wire::handshake::RefusalCode;

/// So many addresses are remembered as told about. More than engines find: members are looked for where they were.
const MOST_TOLD: usize = 4_096;

/// What is known of the addresses that were found first.
#[derive(Debug, Clone)]
pub(super) struct Settling {
    enough: Enough,
    /// Whether the engine has looked: before it has, there may be addresses that nobody knows of.
    looked: bool,
    /// Not heard of yet.
    open: BTreeSet<String>,
    /// Somebody took this node in.
    linked: bool,
    /// The last refusal by a node that answered.
    refused: Option<Refused>,
    /// Another living node has our name: nothing will ever come of this one.
    name_taken: Option<Refused>,
    /// What each address has refused for, so that it is told once.
    told: BTreeMap<String, Vec<Option<RefusalCode>>>,
}

/// A node that answered, and did not take this one in.
#[derive(Debug, Clone)]
pub(super) struct Refused {
    pub(super) address: String,
    pub(super) reason: String,
}

/// What became of an address.
pub(super) enum Outcome {
    /// A link.
    Linked,
    /// It is this node itself, from whom there is nothing to learn.
    Myself,
    /// Nobody there, or nobody who answers.
    Silent,
    /// Somebody who refused, or does not speak the protocol (then without a code).
    Refused { reason: String, code: Option<RefusalCode>, name_taken: bool },
}

impl Settling {
    /// `listed`: the addresses, where nobody has to look for them.
    pub(super) fn new(enough: Enough, listed: Option<BTreeSet<String>>) -> Self {
        Self {
            enough,
            looked: listed.is_some(),
            open: listed.unwrap_or_default(),
            linked: false,
            refused: None,
            name_taken: None,
            told: BTreeMap::new(),
        }
    }

    /// The engine sees these addresses. Those of its first look have to be heard of; one that it sees no longer is
    /// not waited for.
    pub(super) fn look(&mut self, seen: &BTreeSet<String>) {
        if !self.looked {
            self.looked = true;
            self.open.clone_from(seen);
        }
        self.open.retain(|address| seen.contains(address));
        self.told.retain(|address, _| seen.contains(address));
    }

    /// Returns whether it is news: a refusal is when it is the first one of its kind by this address since there
    /// was a link.
    pub(super) fn note(&mut self, address: &str, outcome: Outcome) -> bool {
        self.open.remove(address);
        match outcome {
            Outcome::Linked => {
                self.told.remove(address);
                self.name_taken = None;
                !std::mem::replace(&mut self.linked, true)
            }
            Outcome::Myself | Outcome::Silent => false,
            Outcome::Refused { reason, code, name_taken } => {
                let refused = Refused { address: address.to_owned(), reason };
                if name_taken {
                    self.name_taken = Some(refused.clone());
                }
                self.refused = Some(refused);
                if self.told.len() >= MOST_TOLD {
                    self.told.clear();
                }
                let told = self.told.entry(address.to_owned()).or_default();
                let news = !told.contains(&code);
                if news {
                    told.push(code);
                }
                news
            }
        }
    }

    /// Whether a node has taken this one in.
    pub(super) fn met_others(&self) -> bool {
        self.linked
    }

    /// `None`: not yet. An error when this node cannot take part: its name is taken, or everybody who
    /// answered refused it.
    pub(super) fn verdict(&self) -> Option<Result<(), Refused>> {
        if let Some(refused) = &self.name_taken {
            return Some(Err(refused.clone()));
        }
        let one_did = self.enough == Enough::One && self.linked;
        if !self.looked || (!self.open.is_empty() && !one_did) {
            return None;
        }
        match &self.refused {
            Some(refused) if !self.linked => Some(Err(refused.clone())),
            _ => Some(Ok(())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(name_taken: bool) -> Outcome {
        let code = Some(RefusalCode::NameTaken);
        Outcome::Refused { reason: "no".to_owned(), code, name_taken }
    }

    fn addresses(addresses: &[&str]) -> BTreeSet<String> {
        addresses.iter().map(|address| (*address).to_owned()).collect()
    }

    fn two(enough: Enough) -> Settling {
        Settling::new(enough, Some(addresses(&["a", "b"])))
    }

    #[test]
    fn settles_when_every_address_has_been_tried() {
        for enough in [Enough::All, Enough::One] {
            let mut settling = two(enough);
            settling.note("a", Outcome::Silent);
            assert!(settling.verdict().is_none());
            settling.note("b", Outcome::Silent);
            assert!(settling.verdict().unwrap().is_ok());
        }
    }

    #[test]
    fn one_answer_is_enough_only_where_one_tells_of_all() {
        for (enough, settled) in [(Enough::All, false), (Enough::One, true)] {
            let mut settling = two(enough);
            settling.note("a", Outcome::Linked);
            assert_eq!(settling.verdict().is_some(), settled);
        }
    }

    #[test]
    fn oneself_is_no_answer() {
        let mut settling = two(Enough::One);
        settling.note("a", Outcome::Myself);
        assert!(settling.verdict().is_none());
        settling.note("b", refused(false));
        assert!(settling.verdict().unwrap().is_err(), "nobody but itself took it in");
    }

    #[test]
    fn nobody_to_wait_for_is_settled() {
        assert!(Settling::new(Enough::All, Some(BTreeSet::new())).verdict().unwrap().is_ok());
    }

    #[test]
    fn before_the_first_look_there_may_be_somebody() {
        let mut settling = Settling::new(Enough::One, None);
        assert!(settling.verdict().is_none());
        settling.note("came-by-itself", Outcome::Linked);
        assert!(settling.verdict().is_none());
        let mut found = settling.clone();
        settling.look(&addresses(&[]));
        assert!(settling.verdict().unwrap().is_ok());
        found.linked = false;
        found.look(&addresses(&["a", "b"]));
        assert!(found.verdict().is_none());
        found.note("a", Outcome::Silent);
        found.look(&addresses(&["a", "c"]));
        assert!(
            found.verdict().unwrap().is_ok(),
            "the second look waits for nobody new, and not for who is gone"
        );
    }

    #[test]
    fn one_refusal_among_others_does_not_keep_a_node_out() {
        let mut settling = two(Enough::All);
        settling.note("a", refused(false));
        settling.note("b", Outcome::Linked);
        assert!(settling.verdict().unwrap().is_ok());
    }

    #[test]
    fn a_node_that_everybody_refuses_is_told() {
        let mut settling = two(Enough::All);
        settling.note("a", refused(false));
        settling.note("b", Outcome::Silent);
        assert_eq!(settling.verdict().unwrap().unwrap_err().address, "a");
    }

    #[test]
    fn a_taken_name_is_told_at_once() {
        let mut settling = two(Enough::One);
        settling.note("a", refused(true));
        assert!(settling.verdict().unwrap().is_err());
    }

    #[test]
    fn a_refusal_is_news_once_for_each_kind_until_there_was_a_link() {
        let other = || Outcome::Refused { reason: "GET / HTTP".to_owned(), code: None, name_taken: false };
        let mut settling = two(Enough::All);
        assert!(settling.note("a", refused(false)));
        assert!(!settling.note("a", refused(false)));
        assert!(settling.note("a", other()));
        assert!(!settling.note("a", other()));
        assert!(settling.note("b", refused(false)), "another address");
        settling.note("a", Outcome::Silent);
        assert!(!settling.note("a", refused(false)));
        settling.note("a", Outcome::Linked);
        assert!(settling.note("a", refused(false)));
        settling.look(&addresses(&["b"]));
        assert_eq!(settling.told.len(), 1, "what is not seen any more is forgotten");
    }
}
