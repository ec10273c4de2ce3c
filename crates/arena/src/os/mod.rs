//! What the arena asks of the system. Everything that knows Linux is below this module.
//!
//! Conventions, for every implementation:
//! * lengths are in bytes and, like addresses, multiples of [`Os::PAGE_SIZE`], and of the [grain](Os::grain);
//! * a call either does all that it says or returns an [`Errno`] (the few that may stop half-way say so);
//! * no call changes the C library's `errno`, allocates, or takes a lock of the C library.

mod failing;
mod linux;
mod write_faults;

use core::ptr::NonNull;

use heap::Grain;
pub use sync::Futex;

pub use failing::FailNth;
pub use linux::{
    FutexLock, Linux, LinuxWith, Lookout, OwnPages, Pages, ReadClock, SeemingPages, Sight,
    file_status, syscall,
};
pub use write_faults::{Hold, Userfault, WriteFaults};

/// Why the system refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Errno(pub i32);

impl Errno {
    /// No memory, no address space, or no mappings left.
    pub const ENOMEM: Self = Self(libc::ENOMEM);
}

/// Why pages were not moved. They are where they were.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NotMoved {
    /// Nothing has changed.
    Refused,
    /// Nothing may be mapped at the target any more, or what is there is somebody else's: it must not be used again.
    TargetLost,
}

/// Why nothing was mapped at an address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NotMapped {
    /// Something else is there.
    Taken,
    /// The system refuses to map so much, or anything.
    Refused,
}

/// What a mapping permits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    /// Nothing: the addresses are only reserved.
    None,
    /// Reading.
    Read,
    /// Reading and writing.
    ReadWrite,
}

/// Hints about a range that change no content.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Advice {
    /// Never back the range with huge pages.
    NoHugePages,
    /// Back the range with huge pages where there are some, even if that is only done where it is asked for.
    HugePages,
    /// Leave the range out of core dumps.
    NotInDumps,
    /// Put the range into core dumps.
    InDumps,
    /// Leave the range, and second mappings of it, out of children made by `fork`.
    NotInChildren,
}

/// What a mapping is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Purpose {
    /// Spans and large objects.
    Heap,
    /// Shared pages, which meshed spans lie on: in their window, and at the spans' own addresses.
    Shared,
    /// What is known of pages.
    Tables,
    /// Stacks, records and buffers of the allocator's own work.
    Work,
}

/// A set of signals that a thread had blocked: [`Os::block_signals`] returns it, [`Os::restore_signals`] takes it back.
#[derive(Clone, Copy, Debug)]
pub struct SignalMask(pub u64);

/// The system calls of the arena.
///
/// # Safety
/// Implementations do what each method says and nothing else to the address space: memory that a method does not name
/// keeps its mapping and its content.
pub unsafe trait Os: WriteFaults + Futex + Sync {
    /// Bytes in a page: a power of two.
    const PAGE_SIZE: usize;

    /// A lock whose waiters sleep.
    type Lock: heap::RawLock + Sync;

    /// The largest that the [grain](Self::grain) may be.
    const COARSEST: Grain = Grain::PAGE;

    /// The pages that the system has as one, which is the same each time. Where it is more than a page, lengths and addresses are
    /// multiples of it.
    #[inline(always)]
    fn grain(&self) -> Grain {
        Grain::PAGE
    }

    /// Bytes of what the system has as one: a page of its own.
    #[inline(always)]
    fn system_page(&self) -> usize {
        Self::PAGE_SIZE * self.grain().pages()
    }

    /// Maps `len` bytes somewhere, private and anonymous, without commitment.
    fn reserve(&self, len: usize, access: Access) -> Result<NonNull<u8>, Errno>;

    /// Maps fresh private anonymous memory at `at`, zeroed and without commitment, unless anything is there. What is mapped becomes
    /// one mapping with neighbours that are as it is.
    fn map_at(&self, at: NonNull<u8>, len: usize, access: Access) -> Result<(), NotMapped>;

    /// The largest range of addresses where nothing is mapped, or one that is about as large. An allowance for what is beside
    /// it to grow is the caller's business.
    fn largest_hole(&self) -> core::ops::Range<usize>;

    /// Maps `len` bytes of shared anonymous memory, zeroed and without commitment, readable and writable.
    fn map_shared(&self, len: usize) -> Result<NonNull<u8>, Errno>;

    /// Replaces what is mapped at `at`, if anything is, by fresh private anonymous memory, zeroed.
    ///
    /// # Safety
    /// The caller owns the range, and nobody needs its content.
    unsafe fn replace(&self, at: NonNull<u8>, len: usize, access: Access) -> Result<(), Errno>;

    /// Removes what is mapped in the range.
    ///
    /// # Safety
    /// The caller owns the range, and nobody uses it any more.
    unsafe fn unmap(&self, at: NonNull<u8>, len: usize) -> Result<(), Errno>;

    /// Changes what the range permits. On an error part of the range may have changed.
    ///
    /// # Safety
    /// The caller owns the range; accesses that `access` forbids are prevented or awaited by somebody.
    unsafe fn protect(&self, at: NonNull<u8>, len: usize, access: Access) -> Result<(), Errno>;

    /// Maps the shared pages at `from` a second time at `to`, in place of what is mapped there.
    ///
    /// # Safety
    /// * The caller owns both ranges; `from` lies in one mapping made by [`map_shared`](Self::map_shared).
    /// * Whoever reads `to` afterwards expects the content of `from`.
    unsafe fn alias(&self, from: NonNull<u8>, len: usize, to: NonNull<u8>) -> Result<(), Errno>;

    /// Moves the private pages at `from`, `len` bytes, to `to`, followed by zeros up to `to_len` bytes, which become one
    /// mapping; `from` reads as zeros afterwards. Refused when `from` is not one mapping.
    ///
    /// # Safety
    /// The caller owns both ranges, and nobody needs the content of `to`. `to_len` is no less than `len`.
    unsafe fn move_pages(
        &self,
        from: NonNull<u8>,
        len: usize,
        to: NonNull<u8>,
        to_len: usize,
    ) -> Result<(), NotMoved>;

    /// Gives the pages back: private ones read as zeros afterwards, of shared ones only this mapping forgets them.
    /// On an error part of the range may have been given back.
    ///
    /// # Safety
    /// The caller owns the range; of private memory nobody needs the content.
    unsafe fn discard(&self, at: NonNull<u8>, len: usize) -> Result<(), Errno>;

    /// Makes the range's pages present and writable.
    ///
    /// # Safety
    /// The range is mapped, readable and writable: where the system has no call for it, each page is written to.
    unsafe fn populate(&self, at: NonNull<u8>, len: usize) -> Result<(), Errno>;

    /// Frees the shared pages behind the range, for all mappings of them.
    ///
    /// # Safety
    /// The caller owns the pages, and nobody needs their content.
    unsafe fn punch(&self, at: NonNull<u8>, len: usize) -> Result<(), Errno>;

    /// Says what mappings are for, to whoever lists them. That one has a name changes nothing else, but that it is one mapping only with
    /// neighbours of the same name; so all of the heap has it, or nothing.
    fn name(&self, at: NonNull<u8>, len: usize, purpose: Purpose) {
        let _ = (at, len, purpose);
    }

    /// Lets [`fence_all`](Self::fence_all) be called from now on.
    fn register_fence(&self) -> Result<(), Errno>;

    /// Makes every other running thread of the process pass a full fence between two of its instructions, and this thread
    /// too.
    fn fence_all(&self) -> Result<(), Errno>;

    /// Passes a hint on.
    fn advise(&self, at: NonNull<u8>, len: usize, advice: Advice) -> Result<(), Errno>;

    /// Blocks all signals of this thread but SIGSEGV, which a write at the barrier raises. Others that instructions raise may be
    /// sent as well, and their handlers write to the heap.
    fn block_signals(&self) -> SignalMask;

    /// Sets the blocked signals as they were.
    fn restore_signals(&self, mask: SignalMask);

    /// Calls `function` with `argument`, on the stack that ends at `end` if there is a way to do that.
    ///
    /// # Safety
    /// * `function` may be called with `argument`, and returns.
    /// * `end` is aligned to 16 bytes, and below it lies memory enough that nobody else uses.
    unsafe fn call_on(
        &self,
        end: NonNull<u8>,
        function: unsafe extern "C" fn(*mut ()),
        argument: *mut (),
    ) {
        let _ = end;
        // SAFETY: the caller's promise.
        unsafe { function(argument) };
    }

    /// A clock that never goes back, in milliseconds; coarse and cheap.
    fn clock_ms(&self) -> u64;

    /// A clock that never goes back, in nanoseconds.
    fn clock_ns(&self) -> u64;

    /// Some random bits; different in each process.
    fn entropy(&self) -> u64;

    /// The number of mappings that a process may have.
    fn mappings_limit(&self) -> usize;

    /// Whether the system is to be asked for nothing that can be done without.
    fn asks_no_more(&self) -> bool {
        false
    }

    /// The limit on the process's address space in bytes; `usize::MAX` when there is none, or it may not be asked for.
    fn address_space_limit(&self) -> usize;
}
