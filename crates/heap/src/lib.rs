#![doc = include_str!("../README.md")]
#![no_std]

mod grain;
mod lock;
mod number;
mod pages;
mod preset;
mod size_classes;
mod sort;
mod traits;

pub use grain::Grain;
pub use lock::{Guard, Mutex, RawLock, SpinLock};
pub use number::{OwnerId, PageCount, PageIndex, SizeClass, Slot, SpanId};
pub use pages::{
    Barrier, ForkLock, ForkPages, HeldMappings, KeptOut, Label, Labels, LargePages, LargeRun,
    Metadata, PageHeap, PlainPages, Refused, Remapping, Run, SpanPages, Upkeep, WriteProtection,
};
pub use preset::Preset;
pub use size_classes::{ClassMap, object_alignment};
pub use sort::sort_by_key;
pub use traits::{Heap, LockedHeap, SizeClassHeap, ThreadLocalHeap};
