//! A broadcast as a query: who is addressed, how many answers are enough, and what becomes of the others.

mod board;
mod enough;
mod every;
mod roles;
mod size;
mod stream;
mod time;
