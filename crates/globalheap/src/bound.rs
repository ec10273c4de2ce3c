//! Up to which size objects are meshed.
//!
//! The C library makes system calls by itself that write to memory of the program: no wrapper sees them, so nobody names the
//! buffers. They have a kibibyte or more. Behind a barrier at which the kernel waits that does not matter; behind one that
//! makes such calls fail, so large objects are left where they are.
//!
//! The barrier may change for the worse at any time, when the program closes a descriptor, or in a child. Then larger objects
//! that were meshed stay as they are, groups of them can still drain, and nothing of them is protected any more.

use heap::{ClassMap, PageHeap, Refused, Run, SizeClass};
use miniheap::{SpanClasses, Spans};

use crate::global::GlobalHeap;
use crate::policy::MeshPolicy;
use crate::report::Report;
use crate::tuning::{LARGEST_MESHED, LARGEST_NAMED};

/// Whether the kernel may write to objects of this size without having said so.
pub(crate) fn is_unnamed(object_size: usize) -> bool {
    object_size > LARGEST_NAMED
}

impl<P: PageHeap, M: MeshPolicy, R: Report> GlobalHeap<P, M, R> {
    /// The classes whose objects may have been meshed, behind any barrier.
    pub(crate) fn meshed_classes() -> impl DoubleEndedIterator<Item = SizeClass> {
        Self::class_numbers().filter(|&class| {
            let geometry = SpanClasses::geometry(class);
            geometry.slots > 1 && geometry.object_size as usize <= LARGEST_MESHED
        })
    }

    /// Those that may be meshed behind the barrier in use.
    pub(crate) fn classes_to_mesh(&self) -> impl DoubleEndedIterator<Item = SizeClass> {
        let any = self.pages.stops_the_kernel();
        let is_small = |class: &SizeClass| !is_unnamed(SpanClasses::object_size(*class));
        Self::meshed_classes().filter(move |class| any || is_small(class))
    }

    /// Whether objects of `class` may be meshed behind the barrier in use.
    pub(crate) fn may_mesh_class(&self, class: SizeClass) -> bool {
        !is_unnamed(SpanClasses::object_size(class)) || self.pages.stops_the_kernel()
    }

    /// Keeps writers out of `run`, one or several of `spans`.
    pub(crate) fn keep_out(&self, spans: &Spans, run: Run) -> Result<(), Refused> {
        if is_unnamed(spans.geometry().object_size as usize) {
            self.pages.protect_from_all(run)
        } else {
            self.pages.protect(run)
        }
    }
}
