//! What each page holds, in a word that `free` reads.

use core::ptr::NonNull;
use core::sync::atomic::{Ordering, compiler_fence};

use sync::Word;

use crate::number::{OwnerId, PageIndex, SizeClass};

/// What a page holds, in one word.
///
/// ```text
///  31            8 7      0
/// +---------------+--------+
/// |     owner     |  code  |   code < 128: objects of this size class, owner >= 1
/// +---------------+--------+   code >= 128: one of the other kinds, owner 0; all zero: never used
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(transparent)]
pub struct Label(pub u32);

impl Label {
    /// No size class has this number or a larger one.
    pub const CLASSES: u32 = 128;
    /// The page was never used.
    pub const UNTOUCHED: Self = Self(0);
    /// The first page of a large object.
    pub const LARGE: Self = Self(136);
    /// The last page of a large object of more than one page.
    pub const LARGE_END: Self = Self(137);
    /// The first page of a large object that was moved by remapping.
    pub const LARGE_MOVED: Self = Self(139);
    /// The first page of a large object behind which there are addresses for it to grow.
    pub const LARGE_ROOMY: Self = Self(140);
    /// A page of a span that is being taken apart or put together.
    pub const UNLABELLED: Self = Self(138);

    /// Objects of `class`; `owner` last refilled from the span.
    #[inline(always)]
    pub const fn small(class: SizeClass, owner: OwnerId) -> Self {
        Self(owner.0 << 8 | class.0 as u32)
    }

    /// Whether a large object starts at the page.
    #[inline]
    pub const fn is_large(self) -> bool {
        matches!(self, Self::LARGE | Self::LARGE_MOVED | Self::LARGE_ROOMY)
    }

    /// The class and the owner of a page of small objects.
    #[inline(always)]
    pub const fn as_small(self) -> Option<(SizeClass, OwnerId)> {
        let code = self.0 & 0xff;
        if code < Self::CLASSES && self.0 != 0 {
            Some((SizeClass(code as u8), OwnerId(self.0 >> 8)))
        } else {
            None
        }
    }
}

/// Every object starts at a multiple of two to this power.
const QUANTUM_SHIFT: u32 = 4;

/// The part of a page heap that `free` reads: where the pages are, and the label of each.
///
/// A copy of it stays true, and may come short: a page heap that grows has more of both later.
#[derive(Clone, Copy, Debug)]
pub struct Labels {
    /// The labels, beginning with that of the first page.
    words: NonNull<Word>,
    /// The address of the first page.
    start: usize,
    /// The quanta of all pages.
    quanta: usize,
    /// The number of the first page, and in the lowest eight bits the shift that makes a page's number of an address.
    place: usize,
}

// SAFETY: the words are atomics that live as long as the process keeps the page heap (promised in `new`).
unsafe impl Send for Labels {}
// SAFETY: through a shared reference the words are read, and they are atomics.
unsafe impl Sync for Labels {}

impl Labels {
    /// The labels of `pages` pages of `1 << page_shift` bytes each, from page `first` on, which is at `start`.
    ///
    /// # Safety
    /// `words` is valid for `pages` words for as long as anybody has this value or a copy of it.
    pub const unsafe fn new(
        first: PageIndex,
        start: usize,
        pages: usize,
        page_shift: u32,
        words: NonNull<Word>,
    ) -> Self {
        assert!(start.is_multiple_of(1 << QUANTUM_SHIFT) && page_shift > QUANTUM_SHIFT);
        Self {
            words,
            start,
            quanta: pages << (page_shift - QUANTUM_SHIFT),
            place: first.0 << 8 | page_shift as usize,
        }
    }

    /// The labels of no page at all.
    pub const fn none() -> Self {
        Self {
            words: NonNull::dangling(),
            start: 0,
            quanta: 0,
            place: 12,
        }
    }

    /// Takes over what `newer` has, which is of the same page heap. Whoever interrupts this finds either, or nothing.
    pub fn renew(&mut self, newer: Self) {
        if self.quanta == newer.quanta && self.start == newer.start {
            return;
        }
        let quanta = &raw mut self.quanta;
        // SAFETY: a field of a value that is borrowed mutably.
        unsafe { quanta.write_volatile(0) };
        compiler_fence(Ordering::SeqCst);
        *self = Self { quanta: 0, ..newer };
        compiler_fence(Ordering::SeqCst);
        let quanta = &raw mut self.quanta;
        // SAFETY: a field of a value that is borrowed mutably.
        unsafe { quanta.write_volatile(newer.quanta) };
    }

    /// The number of pages.
    pub const fn page_count(&self) -> usize {
        self.quanta >> (self.page_shift() - QUANTUM_SHIFT)
    }

    /// The first page.
    pub const fn first(&self) -> PageIndex {
        PageIndex(self.place >> 8)
    }

    const fn page_shift(&self) -> u32 {
        self.place as u32 & 0xff
    }

    /// Whether `page` is one of these.
    #[inline]
    pub const fn has(&self, page: PageIndex) -> bool {
        page.0.wrapping_sub(self.first().0) < self.page_count()
    }

    /// The page at `address`, if it is one of these.
    #[inline(always)]
    pub const fn page_at(&self, address: usize) -> Option<PageIndex> {
        self.page_by(address, self.page_shift())
    }

    /// [`page_at`](Self::page_at) for a caller that knows the page size at compile time: `1 << page_shift` bytes.
    #[inline(always)]
    pub const fn page_by(&self, address: usize, page_shift: u32) -> Option<PageIndex> {
        let page = address.wrapping_sub(self.start) >> page_shift;
        if page < self.page_count() {
            Some(PageIndex(self.first().0 + page))
        } else {
            None
        }
    }

    /// The label of `page`; of a page that is none of these, that it was never used.
    ///
    /// Relaxed: whoever holds a live object of the page got it from a thread that had seen, or set, its class; the owner
    /// is a hint.
    #[inline(always)]
    pub fn label(&self, page: PageIndex) -> Label {
        if !self.has(page) {
            return Label::UNTOUCHED;
        }
        // SAFETY: there is a word for each page, and this one is among them (checked above).
        let word = unsafe { self.words.add(page.0 - self.first().0) };
        // SAFETY: a word of the table, which is valid for as long as this value (see `new`).
        let word = unsafe { word.as_ref() };
        Label(word.read())
    }

    /// The label of the page at `address`, if it is one of these and an object can start at this address. For a caller that
    /// knows the page size at compile time.
    #[inline(always)]
    pub fn label_of_object(&self, address: usize, page_shift: u32) -> Option<Label> {
        // Rotated, what is left over of a quantum comes out on top: one comparison tells it and what is outside.
        let quantum = address.wrapping_sub(self.start).rotate_right(QUANTUM_SHIFT);
        if quantum >= self.quanta {
            return None;
        }
        // SAFETY: there is a word for each page, and as many pages have all the quanta.
        let word = unsafe { self.words.add(quantum >> (page_shift - QUANTUM_SHIFT)) };
        // SAFETY: a word of the table, which is valid for as long as this value (see `new`).
        let word = unsafe { word.as_ref() };
        Some(Label(word.read()))
    }

    /// The address of the first byte of `page`.
    #[inline(always)]
    pub const fn address_of(&self, page: PageIndex) -> usize {
        self.start
            .wrapping_add(page.0.wrapping_sub(self.first().0) << self.page_shift())
    }
}
