//! A server with phases of load: its memory over time, and what each phase came to.

mod answers;
mod checked;
mod digest;
mod export;
mod figures;
mod log;
mod phase;
mod report;
mod summary;
mod wait;
mod watch;

pub(crate) use answers::Answers;
pub(crate) use checked::{Checked, Terms};
pub(crate) use digest::Digest;
pub(crate) use export::{plot, print_json};
pub(crate) use figures::Figures;
pub(crate) use log::expect_no_fault;
pub(crate) use phase::{Done, Trial};
pub(crate) use report::{Column, print};
pub(crate) use summary::{Quantity, Results};
pub(crate) use wait::{rest, until};
pub(crate) use watch::Watch;
