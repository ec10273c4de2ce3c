//! The whole stack over a system that refuses some of its calls, and forks.
//!
//! Each test has one thread that writes, and it writes to no object while a step of the heap runs: nobody has to wait in a
//! signal handler.

#[path = "../../../arena/tests/pages/confined.rs"]
#[expect(
    dead_code,
    reason = "its clock and its half-way steps are for other tests"
)]
mod confined;
mod fork;
mod program;
mod script;
