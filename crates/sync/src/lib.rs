//! What threads share without a lock, small enough for a model checker.
//!
//! * [`Once`]: a value that is made late and never changes;
//! * [`WriteBarrier`]: the word that writers wait for;
//! * [`Word`]: an entry of a table, changed under a lock and read without it;
//! * [`atomic`]: the primitives, which the checker replaces.
//!
//! `RUSTFLAGS="--cfg loom" cargo test -p mesh-sync --test model --release` runs each in every order that the memory model
//! permits.
#![cfg_attr(not(loom), no_std)]

pub mod atomic;
mod barrier;
mod once;
mod word;

pub use barrier::{Futex, WriteBarrier};
pub use once::Once;
pub use word::Word;
