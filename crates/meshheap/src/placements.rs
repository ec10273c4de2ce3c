//! How objects of each class are placed now.

use core::sync::atomic::{AtomicBool, Ordering};

use globalheap::Placement;
use heap::SizeClass;
use miniheap::SpanClasses;

/// The classes that have gone over from rotation to permutations.
pub(crate) struct Placements([AtomicBool; SpanClasses::ALL]);

impl Placements {
    pub(crate) const fn new() -> Self {
        Self([const { AtomicBool::new(false) }; SpanClasses::ALL])
    }

    /// How objects of `class` are placed where all are placed as `first` says in the beginning.
    #[inline]
    pub(crate) fn of(&self, class: SizeClass, first: Placement) -> Placement {
        // Relaxed: a hint.
        let permuted = |class: &AtomicBool| class.load(Ordering::Relaxed);
        match first {
            Placement::Rotated if self.0.get(class.index()).is_some_and(permuted) => {
                Placement::Permuted
            }
            placement => placement,
        }
    }

    /// Places objects of `class` by permutations from now on, if they are rotated.
    pub(crate) fn permute(&self, class: SizeClass) {
        if let Some(permuted) = self.0.get(class.index()) {
            permuted.store(true, Ordering::Relaxed);
        }
    }
}
