//! What a heap asks of the pages below it.
//!
//! [`PlainPages`] hand out runs of pages, and remember for each page what it holds; a [`PageHeap`] can put several runs onto the same
//! physical pages. The heap above it knows pages by number only; over a fake of it, it is tested without a system call.
//!
//! | trait | subject |
//! |---|---|
//! | [`Metadata`] | memory for records |
//! | [`SpanPages`] | labels, and runs for spans |
//! | [`LargePages`] | large objects |
//! | [`WriteProtection`] | the barrier of a mesh or a fork |
//! | [`Remapping`] | spans on shared pages |
//! | [`ForkLock`], [`ForkPages`] | locks at a fork; a child's copies |
//! | [`Upkeep`] | unused pages, scratch memory, clocks |

mod fork;
mod labels;
mod large;
mod metadata;
mod protection;
mod remapping;
mod run;
mod spans;
mod upkeep;

pub use fork::{ForkLock, ForkPages, KeptOut};
pub use labels::{Label, Labels};
pub use large::{LargePages, LargeRun};
pub use metadata::Metadata;
pub use protection::{Barrier, WriteProtection};
pub use remapping::{HeldMappings, Refused, Remapping};
pub use run::Run;
pub use spans::SpanPages;
pub use upkeep::Upkeep;

/// All that a heap asks of its pages if it does not mesh.
pub trait PlainPages: LargePages + ForkLock + Upkeep {}

impl<P: LargePages + ForkLock + Upkeep> PlainPages for P {}

/// All that a meshing heap asks of its pages.
pub trait PageHeap: PlainPages + WriteProtection + ForkPages {}

impl<P: PlainPages + WriteProtection + ForkPages> PageHeap for P {}
