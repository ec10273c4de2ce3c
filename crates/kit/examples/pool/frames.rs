//! The pool, for memory wherever it lies.

use core::ptr::NonNull;

use heap::{ClassMap, SizeClass};
use kit::{Bump, FreeList, Nothing, PerClass, Segregated};

/// The sizes of a radio's frames: what acknowledges, what measures, and what carries a text.
pub(crate) struct Frames;

// SAFETY: a constant table in ascending order.
unsafe impl ClassMap for Frames {
    const COUNT: usize = 3;
    const LARGEST: usize = 512;

    fn class_of(size: usize) -> Option<SizeClass> {
        match size {
            0..=32 => Some(SizeClass(0)),
            33..=128 => Some(SizeClass(1)),
            129..=512 => Some(SizeClass(2)),
            _ => None,
        }
    }

    fn object_size(class: SizeClass) -> usize {
        match class.0 {
            0 => 32,
            1 => 128,
            _ => 512,
        }
    }
}

/// Each size has memory of its own, so that none can starve another. Larger blocks are refused.
pub(crate) type Pool = Segregated<Frames, PerClass<Frames, FreeList<Bump>, 3>, Nothing>;

/// A pool with as many blocks of each size as its region has room for.
///
/// # Safety
/// The regions are valid for reads and writes, from any thread, for as long as the pool or one of its blocks is used, and
/// nobody else uses them during that time.
pub(crate) const unsafe fn pool([small, middle, large]: [NonNull<[u8]>; 3]) -> Pool {
    // SAFETY: the caller's promise is the same.
    let small = unsafe { Bump::over(small) };
    // SAFETY: as before.
    let middle = unsafe { Bump::over(middle) };
    // SAFETY: as before.
    let large = unsafe { Bump::over(large) };
    let lists = [
        FreeList::new(small),
        FreeList::new(middle),
        FreeList::new(large),
    ];
    Segregated::new(PerClass::new(lists), Nothing)
}
