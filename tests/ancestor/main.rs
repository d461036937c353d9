//! The behaviour that the ancestor had and its rebirth keeps, from outside: only what a user can reach. Each
//! test carries the number of the sentence that it shows.

#![expect(clippy::similar_names, reason = "one arena stands beside several arenas")]
#![expect(clippy::unused_self, reason = "a module's methods take `&self`, also those that need no state")]

mod attributes;
mod broadcast;
mod calls;
mod errors;
mod fixture;
mod hostile;
mod local;
mod membership;
mod placement;
mod tokens;
mod topology;
