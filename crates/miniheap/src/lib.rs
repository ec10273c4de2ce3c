//! Span records, bins by occupancy, and groups of meshed spans.
//!
//! Everything here is about one size class and plain data: the heap above keeps it behind the lock of that class.
//!
//! * [`Geometry`] and [`SpanClasses`]: the size classes, and the spans of each (design in the modules `sizes` and `geometry`);
//! * [`MiniHeap`]: the record of a virtual span, with the slots that are in use *at its addresses*;
//! * [`Group`]: virtual spans that share one physical span;
//! * [`Spans`]: all of them, with the bins from which refills and searches choose.
//!
//! A **unit** is a physical span: a MiniHeap on pages of its own, or a group, named by its leader. Slots are handed out at
//! the leader's addresses only; the other members drain.
#![cfg_attr(not(test), no_std)]

mod apart;
mod bins;
mod classes;
mod fullness;
mod geometry;
mod group;
mod head;
mod leaf;
#[cfg(test)]
mod leaked;
mod miniheap;
mod pool;
mod sizes;
mod spans;

pub use classes::SpanClasses;
pub use geometry::Geometry;
pub use group::{Group, GroupId};
pub use miniheap::MiniHeap;
pub use spans::{Place, Portrait, Released, Spans, Turnover, Violation};
