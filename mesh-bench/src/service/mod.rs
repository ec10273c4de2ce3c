//! A server with phases of load: its memory over time, and what each phase came to.

mod answers;
mod digest;
mod export;
mod phase;
mod report;
mod summary;
mod wait;
mod watch;

pub(crate) use answers::Answers;
pub(crate) use digest::Digest;
pub(crate) use export::{plot, print_json};
pub(crate) use phase::{Done, Trial};
pub(crate) use report::{Column, print};
pub(crate) use summary::{Quantity, Results};
pub(crate) use wait::{rest, until};
pub(crate) use watch::Watch;
