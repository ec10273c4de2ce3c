//! The arena on real pages. No other thread writes to protected pages here, so nobody has to wait in a signal handler.

mod bytes;
mod confined;
mod growth;
mod hazards;
mod moves;
mod purge;
mod refusals;
mod runs;
mod sharing;
mod snapshot;
mod waiting;
