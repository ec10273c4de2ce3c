//! What a heap asks of the pages below it.
//!
//! A [`PageHeap`] hands out runs of pages, remembers for each page what it holds, and can put several runs onto the same
//! physical pages. The heap above it knows pages by number only; over a fake of this trait it is tested without a system
//! call.

use core::alloc::Layout;
use core::ptr::NonNull;

use sync::Word;

use crate::lock::RawLock;
use crate::number::{OwnerId, PageCount, PageIndex, SizeClass, SpanId};

/// Neighbouring pages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Run {
    /// The first page.
    pub first: PageIndex,
    /// How many there are.
    pub pages: PageCount,
}

impl Run {
    /// The page behind the last one.
    pub const fn end(self) -> PageIndex {
        self.first.plus(self.pages)
    }

    /// Whether a page is in both.
    pub const fn overlaps(self, other: Self) -> bool {
        self.first.0 < other.end().0 && other.first.0 < self.end().0
    }
}

/// What a page holds, in one word.
///
/// ```text
///  31            8 7      0
/// +---------------+--------+
/// |     owner     |  code  |   code < 64: objects of this size class, owner >= 1
/// +---------------+--------+   code >= 64: one of the other kinds, owner 0; all zero: never used
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(transparent)]
pub struct Label(pub u32);

impl Label {
    /// No size class has this number or a larger one.
    pub const CLASSES: u32 = 64;
    /// The page was never used.
    pub const UNTOUCHED: Self = Self(0);
    /// The first page of a large object.
    pub const LARGE: Self = Self(72);
    /// The last page of a large object of more than one page.
    pub const LARGE_END: Self = Self(73);
    /// The first page of a large object that was moved by remapping.
    pub const LARGE_MOVED: Self = Self(75);
    /// A page of a span that is being taken apart or put together.
    pub const UNLABELLED: Self = Self(74);

    /// Objects of `class`; `owner` last refilled from the span.
    #[inline(always)]
    pub const fn small(class: SizeClass, owner: OwnerId) -> Self {
        Self(owner.0 << 8 | class.0 as u32)
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
#[derive(Clone, Copy, Debug)]
pub struct Labels {
    base: usize,
    /// The quanta of all pages.
    quanta: usize,
    pages: usize,
    page_shift: u32,
    words: NonNull<Word>,
}

// SAFETY: the words are atomics that live as long as the process keeps the page heap (promised in `new`).
unsafe impl Send for Labels {}
// SAFETY: as above.
unsafe impl Sync for Labels {}

impl Labels {
    /// The labels of `pages` pages of `1 << page_shift` bytes each, the first of which is at `base`.
    ///
    /// # Safety
    /// `words` is valid for `pages` words for as long as anybody has this value or a copy of it.
    pub const unsafe fn new(
        base: usize,
        pages: usize,
        page_shift: u32,
        words: NonNull<Word>,
    ) -> Self {
        assert!(base.is_multiple_of(1 << QUANTUM_SHIFT) && page_shift > QUANTUM_SHIFT);
        Self {
            base,
            quanta: pages << (page_shift - QUANTUM_SHIFT),
            pages,
            page_shift,
            words,
        }
    }

    /// The labels of no page at all.
    pub const fn none() -> Self {
        Self {
            base: 0,
            quanta: 0,
            pages: 0,
            page_shift: 12,
            words: NonNull::dangling(),
        }
    }

    /// The number of pages.
    pub const fn page_count(&self) -> usize {
        self.pages
    }

    /// The page at `address`, if it is one of these.
    #[inline(always)]
    pub const fn page_at(&self, address: usize) -> Option<PageIndex> {
        self.page_by(address, self.page_shift)
    }

    /// [`page_at`](Self::page_at) for a caller that knows the page size at compile time: `1 << page_shift` bytes.
    #[inline(always)]
    pub const fn page_by(&self, address: usize, page_shift: u32) -> Option<PageIndex> {
        let page = address.wrapping_sub(self.base) >> page_shift;
        if page < self.pages {
            Some(PageIndex(page as u32))
        } else {
            None
        }
    }

    /// The label of `page`.
    ///
    /// Relaxed: whoever holds a live object of the page got it from a thread that had seen, or set, its class; the owner
    /// is a hint.
    #[inline(always)]
    pub fn label(&self, page: PageIndex) -> Label {
        debug_assert!(page.index() < self.pages);
        // SAFETY: page numbers come from `page_at` or from the page heap, so they are below `pages`.
        let word = unsafe { self.words.add(page.index()) };
        // SAFETY: a word of the table, which is valid for as long as this value (see `new`).
        let word = unsafe { word.as_ref() };
        Label(word.read())
    }

    /// The label of the page at `address`, if it is one of these and an object can start at this address. For a caller that
    /// knows the page size at compile time.
    #[inline(always)]
    pub fn label_of_object(&self, address: usize, page_shift: u32) -> Option<Label> {
        // Rotated, what is left over of a quantum comes out on top: one comparison tells it and what is outside.
        let quantum = address.wrapping_sub(self.base).rotate_right(QUANTUM_SHIFT);
        if quantum >= self.quanta {
            return None;
        }
        // SAFETY: there are `pages` words, and as many pages have all the quanta.
        let word = unsafe { self.words.add(quantum >> (page_shift - QUANTUM_SHIFT)) };
        // SAFETY: as in `label`.
        let word = unsafe { word.as_ref() };
        Some(Label(word.read()))
    }

    /// The address of the first byte of `page`.
    #[inline(always)]
    pub const fn address_of(&self, page: PageIndex) -> usize {
        self.base + (page.index() << self.page_shift)
    }
}

/// A run for a large object.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LargeRun {
    /// Its first page.
    pub first: PageIndex,
    /// Whether all its bytes are known to be zero.
    pub zeroed: bool,
}

/// A step of a mesh that the system refused. What it covers stays as it was.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Refused;

/// A barrier under way: what [`PageHeap::end_barrier`] needs to end it.
#[derive(Debug)]
#[must_use]
pub struct Barrier(pub u64);

/// Memory for records, which never goes back.
///
/// # Safety
/// A block is valid, zeroed, aligned as asked, and nobody else's, for as long as `self` lives and after it.
pub unsafe trait Metadata {
    /// Zeroed memory for records, or `None` when there is none.
    fn metadata(&self, layout: Layout) -> Option<NonNull<u8>>;

    /// The content of `len` bytes from `start` is not needed: they may read as zeros from now on, or stay as they are. Both
    /// are multiples of a page.
    ///
    /// # Safety
    /// The range lies in one block, whose owner calls.
    unsafe fn forget_metadata(&self, start: NonNull<u8>, len: usize) {
        let _ = (start, len);
    }
}

/// Pages, their labels, and the operations of a mesh.
///
/// # Safety
/// * Runs that were handed out and not taken back do not overlap; their bytes are readable and writable.
/// * Labels and records are stored as they were set.
/// * An operation that returns [`Refused`] has changed no byte that the program can see.
pub unsafe trait PageHeap: Metadata + Sync {
    /// Bytes in a page: a power of two.
    const PAGE_SIZE: usize;

    /// A lock that suits the system below.
    type Lock: RawLock + Sync;

    /// Where the pages are, and their labels.
    fn labels(&self) -> Labels;

    // Spans of small objects.

    /// A run for a span; what its bytes hold is unspecified.
    fn allocate_span(&self, pages: PageCount) -> Option<PageIndex>;

    /// Takes a span's private pages back.
    ///
    /// # Safety
    /// The run came from [`allocate_span`](Self::allocate_span), is on private pages, and nobody uses it any more.
    unsafe fn free_span(&self, run: Run);

    /// Says what the pages of a span hold, and which record is the span's.
    fn label_span(&self, run: Run, class: SizeClass, owner: OwnerId, id: SpanId);

    /// Changes the owner in the labels of a span.
    fn set_owner(&self, run: Run, class: SizeClass, owner: OwnerId);

    /// The record of the span that `page` belongs to; meaningful only for pages of small objects.
    fn span_at(&self, page: PageIndex) -> SpanId;

    // Large objects.

    /// A run at an address that is a multiple of `align` pages (a power of two).
    fn allocate_large(&self, pages: PageCount, align: PageCount) -> Option<LargeRun>;

    /// The length of the large object that starts at `page`, if one does.
    fn large_pages(&self, page: PageIndex) -> Option<PageCount>;

    /// Takes a large object's run back; says how long it was, or `None` (and does nothing) when none starts at `page`.
    ///
    /// # Safety
    /// Nobody uses the object any more.
    unsafe fn free_large(&self, page: PageIndex) -> Option<PageCount>;

    /// Makes the large object at `page` longer or shorter where it is; says whether it could.
    ///
    /// # Safety
    /// A large object starts at `page`; nobody uses what is cut off.
    unsafe fn resize_large(&self, page: PageIndex, pages: PageCount) -> bool;

    /// Moves the large object at `page` into a run of `pages` pages, if that is cheaper than copying.
    ///
    /// # Safety
    /// A large object starts at `page`; nobody uses it at its old address any more.
    unsafe fn move_large(&self, page: PageIndex, pages: PageCount) -> Option<PageIndex>;

    // Meshing. A run's *shared pages* are one physical run that spans can be put onto; it is named by the run it was made
    // for. All of these are called by one thread at a time.

    /// Whether mappings may change at all: what is kept for steps that must not fail is there. Asked while a barrier is
    /// under way.
    fn mappings_permit(&self) -> bool;

    /// Mappings that may still be added by putting spans onto shared pages. Asked by who meshes, and nobody else.
    fn mappings_left(&self) -> usize;

    /// Mappings that may be added in all.
    fn mappings_permitted(&self) -> usize;

    /// Mappings that it adds at most to put `run` onto shared pages: none if it is on some already, or lies between
    /// spans that are.
    fn mappings_to_share(&self, run: Run) -> usize;

    /// Mappings that it adds to dissolve `run`: it is parted from spans on neighbouring shared pages.
    fn mappings_to_dissolve(&self, run: Run) -> usize;

    /// Announces that runs will be protected, so that a writer who is caught waits.
    fn begin_barrier(&self) -> Barrier;

    /// Whether the kernel may write to `run` on behalf of a thread that will not wait for the barrier under way, since it
    /// asked for that before the barrier began. Such a run must not be protected.
    fn is_named(&self, run: Run) -> bool;

    /// Passes to `act` runs of pages that the kernel may write to now. A hint: more may be named in the next moment, and
    /// some that are named already may be missing.
    fn each_named(&self, act: impl FnMut(Run));

    /// Ends what [`begin_barrier`](Self::begin_barrier) announced and lets the writers go on.
    fn end_barrier(&self, barrier: Barrier);

    /// Keeps writers out of `run`; readers go on.
    fn protect(&self, run: Run) -> Result<(), Refused>;

    /// Whether [`protect_from_all`](Self::protect_from_all) can be had now.
    fn stops_the_kernel(&self) -> bool;

    /// [`protect`](Self::protect) where system calls that were not [named](Self::is_named) wait too. Refused where they
    /// would fail instead.
    fn protect_from_all(&self, run: Run) -> Result<(), Refused>;

    /// Lets writers into `run` again.
    fn unprotect(&self, run: Run);

    /// Makes the shared pages of `run` present.
    fn open_shared(&self, run: Run) -> Result<(), Refused>;

    /// Copies `len` bytes at `offset` of the span at `from` to the same offset of the shared pages named by `to`.
    ///
    /// # Safety
    /// The shared pages are open, the bytes lie in the span, and nobody writes them at either place.
    unsafe fn copy_to_shared(&self, from: PageIndex, to: PageIndex, offset: usize, len: usize);

    /// Lets go of what [`open_shared`](Self::open_shared) opened since the last call; the pages stay.
    fn close_shared(&self);

    /// Puts `run` onto the shared pages of `onto`, writable. What it lay on before is released by this for private pages.
    ///
    /// # Safety
    /// The shared pages are open and hold all that the program expects to read in `run`.
    unsafe fn alias(&self, run: Run, onto: PageIndex) -> Result<(), Refused>;

    /// Gives the shared pages of `run` back to the system.
    ///
    /// # Safety
    /// No span is on them any more.
    unsafe fn free_shared(&self, run: Run);

    /// Puts `run` back on private pages and takes it back.
    ///
    /// # Safety
    /// As for [`free_span`](Self::free_span), but the run is on shared pages.
    unsafe fn dissolve(&self, run: Run) -> Result<(), Refused>;

    // Fork. In the end no other thread changes anything here, until `unlock_after_fork`.

    /// Takes the locks that a writer may hold who waits for the end of a barrier: called before one begins.
    fn lock_for_fork(&self);

    /// Takes the other locks: called after the last copy.
    fn lock_shared_for_fork(&self);

    /// Opens the locks that [`lock_for_fork`](Self::lock_for_fork) and
    /// [`lock_shared_for_fork`](Self::lock_shared_for_fork) took.
    ///
    /// # Safety
    /// The calling thread took them, in this process or in its parent.
    unsafe fn unlock_after_fork(&self);

    /// Makes room for a copy of the shared pages of `run`. Called before the locks are taken.
    fn reserve_snapshot(&self, run: Run) -> Result<(), Refused>;

    /// Copies the shared pages of `run`, for which room was made, for a child. Nobody writes to them meanwhile.
    fn copy_to_snapshot(&self, run: Run);

    /// Forgets the copies: the parent's way out.
    fn drop_snapshot(&self);

    /// Makes the copies the shared pages: the child's way on. Each span is still where it was; the caller puts it onto the
    /// copies with [`alias`](Self::alias).
    fn adopt_snapshot(&self);

    /// Takes the addresses of `run` in a child: a dead span that was on shared pages, and counts as such until it is
    /// [dissolved](Self::dissolve). Left empty, they would go to the next mapping of the program.
    fn fill(&self, run: Run) -> Result<(), Refused>;

    /// The first page at or after `from` that is on shared pages.
    fn next_shared(&self, from: PageIndex) -> Option<PageIndex>;

    /// Puts `run`, which is on shared pages, onto private pages with the content that the shared pages of `onto` have.
    ///
    /// # Safety
    /// Nobody else uses the run meanwhile.
    unsafe fn make_private(&self, run: Run, onto: PageIndex) -> Result<(), Refused>;

    // Upkeep.

    /// Zeroed memory for a while, at least `bytes` long and aligned to a page; `None` when there is none.
    fn map_scratch(&self, bytes: usize) -> Option<NonNull<u8>>;

    /// Gives scratch memory back.
    ///
    /// # Safety
    /// It came from [`map_scratch`](Self::map_scratch) with the same length, and nobody uses it any more.
    unsafe fn unmap_scratch(&self, scratch: NonNull<u8>, bytes: usize);

    /// Gives back pages that have been unused for long, all unused ones when `all` is set, and ends after about so many
    /// nanoseconds. Says whether there is more to give back.
    fn purge(&self, all: bool, nanoseconds: u64) -> bool;

    /// Milliseconds on a clock that never goes back; coarse and cheap.
    fn clock_ms(&self) -> u64;

    /// Nanoseconds on a clock that never goes back.
    fn clock_ns(&self) -> u64;

    /// Random bits.
    fn entropy(&self) -> u64;
}
