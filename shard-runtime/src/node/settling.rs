//! When a node's view has settled: every address that it was given has been reached, or was tried.

use std::collections::BTreeSet;

/// What is known of the addresses that the node was given.
#[derive(Debug, Clone, Default)]
pub(super) struct Settling {
    /// Not heard of yet.
    open: BTreeSet<String>,
    /// Took this node in.
    linked: usize,
    /// The last refusal by a node that answered.
    refused: Option<Refused>,
    /// Another living node has our name: nothing will ever come of this one.
    name_taken: Option<Refused>,
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
    /// It is this node itself.
    Myself,
    /// Nobody there, or nobody who answers.
    Silent,
    /// Somebody who refused.
    Refused { reason: String, name_taken: bool },
}

impl Settling {
    pub(super) fn new(addresses: impl IntoIterator<Item = String>) -> Self {
        Self { open: addresses.into_iter().collect(), ..Self::default() }
    }

    pub(super) fn note(&mut self, address: &str, outcome: Outcome) {
        self.open.remove(address);
        match outcome {
            Outcome::Linked => {
                self.linked += 1;
                self.name_taken = None;
            }
            Outcome::Silent | Outcome::Myself => {}
            Outcome::Refused { reason, name_taken } => {
                let refused = Refused { address: address.to_owned(), reason };
                if name_taken {
                    self.name_taken = Some(refused.clone());
                }
                self.refused = Some(refused);
            }
        }
    }

    /// Whether some node has taken this one in.
    pub(super) fn met_others(&self) -> bool {
        self.linked > 0
    }

    /// `None`: not yet. An error when this node cannot take part: its name is taken, or everybody who
    /// answered refused it.
    pub(super) fn verdict(&self) -> Option<Result<(), Refused>> {
        if let Some(refused) = &self.name_taken {
            return Some(Err(refused.clone()));
        }
        if !self.open.is_empty() {
            return None;
        }
        match &self.refused {
            Some(refused) if self.linked == 0 => Some(Err(refused.clone())),
            _ => Some(Ok(())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(name_taken: bool) -> Outcome {
        Outcome::Refused { reason: "no".to_owned(), name_taken }
    }

    fn two() -> Settling {
        Settling::new(["a".to_owned(), "b".to_owned()])
    }

    #[test]
    fn settles_when_every_address_has_been_tried() {
        let mut settling = two();
        settling.note("a", Outcome::Silent);
        assert!(settling.verdict().is_none());
        settling.note("b", Outcome::Linked);
        assert!(settling.verdict().unwrap().is_ok());
    }

    #[test]
    fn nobody_to_wait_for_is_settled() {
        assert!(Settling::new([]).verdict().unwrap().is_ok());
    }

    #[test]
    fn one_refusal_among_others_does_not_keep_a_node_out() {
        let mut settling = two();
        settling.note("a", refused(false));
        settling.note("b", Outcome::Linked);
        assert!(settling.verdict().unwrap().is_ok());
    }

    #[test]
    fn a_node_that_everybody_refuses_is_told() {
        let mut settling = two();
        settling.note("a", refused(false));
        settling.note("b", Outcome::Silent);
        assert_eq!(settling.verdict().unwrap().unwrap_err().address, "a");
    }

    #[test]
    fn a_taken_name_is_told_at_once() {
        let mut settling = two();
        settling.note("a", refused(true));
        assert!(settling.verdict().unwrap().is_err());
    }
}
