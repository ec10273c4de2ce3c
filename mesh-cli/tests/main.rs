//! The launcher as a user runs it.

mod attempt;
mod doctor;
mod guide;
mod installed;
mod pages;
mod run;
mod stats;
mod top;
mod waiting;
