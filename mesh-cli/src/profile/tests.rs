//! Profiles of this very process, and of one that never was.

mod memory;
mod synthetic;
mod this_process;
