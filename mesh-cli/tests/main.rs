//! The launcher as a user runs it.

mod attempt;
mod doctor;
mod installed;
mod pages;
mod profile;
mod run;
mod stats;
mod top;
mod waiting;
