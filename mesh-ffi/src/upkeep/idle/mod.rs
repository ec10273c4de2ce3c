//! A program that waits frees nothing, yet has time: upkeep is done then. Waits that have no time of their own are in `unseen::waits`.
//!
//! * `parts`: a wait taken apart, so that upkeep is done in it;
//! * `times`: how long a call was asked to wait;
//! * `events`, `poll`, `select`, `sleeps`: the functions.

mod events;
mod parts;
mod poll;
mod select;
mod sleeps;
mod times;
