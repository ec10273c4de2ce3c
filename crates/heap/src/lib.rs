//! The traits, the number types and the generic layers from which heaps are built.
//!
//! A heap is a stack of layers. Each layer is a struct that owns the layer below in a private field and implements one
//! of four traits:
//!
//! | trait | receiver | says |
//! |---|---|---|
//! | [`Heap`] | `&mut self` | one owner: objects of any layout |
//! | [`SizeClassHeap`] | `&mut self` | one owner: objects of a few fixed sizes |
//! | [`LockedHeap`] | `&self` | may be shared between threads |
//! | [`ThreadLocalHeap`] | `&self` | hands each thread a front end of its own |
//!
//! `&H` is a [`Heap`] whenever `H` is a [`LockedHeap`], so "needs a lock" is a bound and not a comment.
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
pub use pages::{Barrier, Label, Labels, LargeRun, Metadata, PageHeap, Refused, Run};
pub use per_class::PerClass;
pub use segregated::Segregated;
pub use size_classes::{ClassMap, PowersOfTwo, object_alignment};
pub use thread_local::{ThreadLocal, ThreadSlot};
pub use traits::{Heap, LockedHeap, SizeClassHeap, ThreadLocalHeap};
pub use zone::Zone;
