#![doc = include_str!("../README.md")]
#![no_std]

mod bump;
mod checked;
mod counted;
mod freelist;
mod lock;
mod locked;
mod nothing;
mod number;
mod pages;
mod per_class;
mod segregated;
mod size_classes;
mod thread_local;
mod traits;
mod zone;

pub use bump::Bump;
pub use checked::{Checked, Violation};
pub use counted::{Counted, Counts};
pub use freelist::FreeList;
pub use lock::{Guard, Mutex, RawLock, SpinLock};
pub use locked::Locked;
pub use nothing::Nothing;
pub use number::{OwnerId, PageCount, PageIndex, SizeClass, Slot, SpanId};
pub use pages::{
    Barrier, ForkLock, ForkPages, HeldMappings, KeptOut, Label, Labels, LargePages, LargeRun,
    Metadata, PageHeap, PlainPages, Refused, Remapping, Run, SpanPages, Upkeep, WriteProtection,
};
pub use per_class::PerClass;
pub use segregated::Segregated;
pub use size_classes::{ClassMap, PowersOfTwo, object_alignment};
pub use thread_local::{ThreadLocal, ThreadSlot};
pub use traits::{Heap, LockedHeap, SizeClassHeap, ThreadLocalHeap};
pub use zone::Zone;
