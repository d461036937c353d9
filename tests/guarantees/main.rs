//! What the guide promises of a cluster, sentence by sentence, with the views of its nodes forced apart. `s10_…` is a
//! test of the tenth sentence, `i7_…` one of the seventh invariant.

mod apart;
mod boots;
mod broadcast;
mod dead;
mod draining;
mod following;
mod ledger;
mod many;
mod order;
mod partition;
mod ready;
mod reborn;
mod record;
mod storm;
mod tables;
mod unmoved;
mod watching;
