//! Hazards: the pages that the kernel may write to for the program.
//!
//! A thread that makes a system call with a buffer in the heap *publishes* the buffer's pages in its own [`HazardRecord`] for
//! the time of the call. Whoever protects pages looks through all records first ([`Hazards::names`]) and leaves these
//! pages alone. Neither side takes a lock:
//!
//! ```text
//!  a system call                     a mesh
//!    publish the pages                 begin the barrier: its word turns odd
//!    [fence]                           fence in all threads
//!    look at the barrier's word        look through the records
//!      odd: wait until it is even      protect, move, unprotect what nobody named
//!    enter the kernel                  end the barrier
//!    withdraw
//! ```
//!
//! One of the two sees the other: either the call sees the odd word and waits, or its pages were published before the
//! fence and the mesh sees them. A call that has waited need not publish again: the next mesh sees what is there. The fence
//! of the call is one for the compiler only where a mesh can make all threads pass one (`membarrier`); else it is a full
//! one ([`Hazards::set_asymmetric`]).
//!
//! The idea is that of hazard pointers (Maged M. Michael, IEEE TPDS 2004), with pages in place of pointers.
//!
//! * [`Pages`]: a range of pages in one word;
//! * [`HazardRecord`]: what one thread has published;
//! * [`Hazards`]: all records.
#![cfg_attr(not(any(test, loom)), no_std)]

mod hazards;
mod pages;
mod record;

pub use hazards::{Chunk, Hazards};
pub use pages::Pages;
pub use record::{HazardRecord, PLACES, Place};
