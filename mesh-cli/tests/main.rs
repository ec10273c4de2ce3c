//! The launcher as a user runs it.

mod attempt;
mod doctor;
mod guide;
mod holding;
mod installed;
#[path = "../src/profile/pprof/message.rs"]
mod message;
mod pages;
mod profile;
mod run;
mod stats;
mod top;
mod waiting;
