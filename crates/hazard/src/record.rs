//! What one thread has published.

use crate::pages::Pages;
use sync::atomic::{AtomicU64, AtomicUsize, Ordering, compiler_fence};
use sync::{array, const_unless_loom};

/// Ranges that a thread can have published at a time, one for each buffer of each call that it is in. The calls of signal
/// handlers come on top of those they interrupted.
pub const PLACES: usize = 7;

/// The ranges of one thread, and the calls they belong to.
///
/// A *frame* is the address of an object on the stack that lives as long as the call. A place belongs to the call whose
/// frame it names. A call that was left by `longjmp` cannot withdraw; its place stays taken until another call has its
/// frame at the same address: there cannot be two live objects at one address, so the older one is gone.
///
/// Only the owner's thread writes here, in calls that interrupt each other at most, as signal handlers do. Everybody reads.
#[repr(C, align(128))]
#[derive(Debug)]
pub struct HazardRecord {
    ranges: [AtomicU64; PLACES],
    /// The thread that the record serves; zero for none.
    pub(crate) owner: AtomicUsize,
    frames: [AtomicUsize; PLACES],
}

/// Where a range was published, and what was there before.
#[derive(Debug)]
#[must_use]
pub struct Place {
    index: u32,
    /// Whether the place is shared with another call, as the last one is when there are too many.
    shared: bool,
    before: Pages,
}

/// Bytes that a frame has at least. Frames closer to each other than this cannot both be alive.
const FRAME: usize = 16;

impl HazardRecord {
    const_unless_loom! {
        /// A record that serves nobody.
        pub(crate) fn new() -> Self {
            Self {
                ranges: array!(AtomicU64::new(0); PLACES),
                owner: AtomicUsize::new(0),
                frames: array!(AtomicUsize::new(0); PLACES),
            }
        }
    }

    /// Publishes `pages` for the call of the owner's thread whose frame is at `frame`.
    ///
    /// `frame` is the address of an object of at least 16 bytes that lives until [`withdraw`](Self::withdraw), or until
    /// the call is left in another way.
    #[inline]
    pub fn publish(&self, frame: usize, pages: Pages) -> Place {
        debug_assert!(frame != 0);
        let first = self.frames[0].load(Ordering::Relaxed);
        if first == 0 {
            return self.publish_at(0, frame, pages);
        }
        self.publish_among_others(frame, pages)
    }

    #[inline]
    fn publish_at(&self, index: usize, frame: usize, pages: Pages) -> Place {
        // The place is taken before the range is written. A handler that comes before this store finds the place free, and
        // leaves it so; one that comes after it takes another.
        self.frames[index].store(frame, Ordering::Relaxed);
        compiler_fence(Ordering::SeqCst);
        // Relaxed: the caller's fence orders it before the look at the barrier.
        self.ranges[index].store(pages.0, Ordering::Relaxed);
        Place {
            index: index as u32,
            shared: false,
            before: Pages::NONE,
        }
    }

    #[cold]
    #[inline(never)]
    fn publish_among_others(&self, frame: usize, pages: Pages) -> Place {
        let is_free = |place: &AtomicUsize| {
            let other = place.load(Ordering::Relaxed);
            other == 0 || other.abs_diff(frame) < FRAME
        };
        if let Some(index) = self.frames.iter().position(is_free) {
            return self.publish_at(index, frame, pages);
        }
        // Too many calls, most of which are gone: the last place stands for two of them.
        let last = &self.ranges[PLACES - 1];
        let before = Pages(last.load(Ordering::Relaxed));
        last.store(before.hull(pages).0, Ordering::Relaxed);
        Place {
            index: PLACES as u32 - 1,
            shared: true,
            before,
        }
    }

    /// Takes back what the call published at `place`.
    #[inline]
    pub fn withdraw(&self, place: &Place) {
        let (Some(range), Some(frame)) = (
            self.ranges.get(place.index as usize),
            self.frames.get(place.index as usize),
        ) else {
            return;
        };
        // Release: pairs with the acquire load of `names`. What the kernel wrote comes before what a mesh does then.
        range.store(place.before.0, Ordering::Release);
        if !place.shared {
            compiler_fence(Ordering::SeqCst);
            frame.store(0, Ordering::Relaxed);
        }
    }

    /// Whether no call has anything published.
    pub(crate) fn is_idle(&self) -> bool {
        self.frames
            .iter()
            .all(|frame| frame.load(Ordering::Relaxed) == 0)
    }

    /// Forgets all calls.
    pub(crate) fn clear(&self) {
        for range in &self.ranges {
            range.store(0, Ordering::Release);
        }
        for frame in &self.frames {
            frame.store(0, Ordering::Relaxed);
        }
    }

    /// Whether one of `pages` is published.
    pub(crate) fn names(&self, pages: Pages) -> bool {
        self.published().any(|range| range.meets(pages))
    }

    /// What is published.
    pub(crate) fn published(&self) -> impl Iterator<Item = Pages> {
        // Acquire: pairs with `withdraw`.
        let ranges = self
            .ranges
            .iter()
            .map(|range| Pages(range.load(Ordering::Acquire)));
        ranges.filter(|range| !range.is_none())
    }
}
