//! What a heap asks of the pages below it.
//!
//! A [`PageHeap`] hands out runs of pages, remembers for each page what it holds, and can put several runs onto the same
//! physical pages. The heap above it knows pages by number only; over a fake of it, it is tested without a system call.
//!
//! | trait | subject |
//! |---|---|
//! | [`Metadata`] | memory for records |
//! | [`SpanPages`] | labels, and runs for spans |
//! | [`LargePages`] | large objects |
//! | [`WriteProtection`] | the barrier of a mesh or a fork |
//! | [`Remapping`] | spans on shared pages |
//! | [`ForkPages`] | a child's copies |
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

pub use fork::{ForkPages, KeptOut};
pub use labels::{Label, Labels};
pub use large::{LargePages, LargeRun};
pub use metadata::Metadata;
pub use protection::{Barrier, WriteProtection};
pub use remapping::{HeldMappings, Refused, Remapping};
pub use run::Run;
pub use spans::SpanPages;
pub use upkeep::Upkeep;

/// All that a meshing heap asks of its pages.
pub trait PageHeap: LargePages + WriteProtection + ForkPages + Upkeep {}

impl<P: LargePages + WriteProtection + ForkPages + Upkeep> PageHeap for P {}
