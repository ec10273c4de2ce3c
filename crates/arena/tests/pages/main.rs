//! The arena on real pages. No other thread writes to protected pages here, so nobody has to wait in a signal handler.

mod aside;
mod bytes;
mod confined;
mod growth;
mod hazards;
mod huge;
mod mappings;
mod moves;
mod neighbours;
mod protection;
mod purge;
mod refusals;
mod runs;
mod sharing;
mod signals;
mod snapshot;
mod spans;
mod waiting;
