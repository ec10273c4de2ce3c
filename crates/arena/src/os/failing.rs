//! A system that refuses some of its calls, for tests of what happens then.

mod write_faults;

use core::ptr::NonNull;
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use heap::Grain;

use super::{Access, Advice, Errno, Futex, NotMapped, NotMoved, Os, Purpose, SignalMask};

/// The system `O`, with the calls from one number up to another refused.
///
/// Only calls that can fail are counted, from zero.
pub struct FailNth<O> {
    os: O,
    calls: AtomicU64,
    first: AtomicU64,
    end: AtomicU64,
}

impl<O> FailNth<O> {
    /// A system that refuses nothing yet.
    pub const fn new(os: O) -> Self {
        let (calls, first, end) = (
            AtomicU64::new(0),
            AtomicU64::new(u64::MAX),
            AtomicU64::new(0),
        );
        Self {
            os,
            calls,
            first,
            end,
        }
    }

    /// Refuses the calls `first..end`, counted from now.
    pub fn refuse(&self, first: u64, end: u64) {
        self.calls.store(0, Ordering::Relaxed);
        self.first.store(first, Ordering::Relaxed);
        self.end.store(end, Ordering::Relaxed);
    }

    /// How many calls there were since [`refuse`](Self::refuse), or since the start.
    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    /// `call`, unless its turn is one of those to be refused.
    fn unless_refused<R>(&self, call: impl FnOnce(&O) -> Result<R, Errno>) -> Result<R, Errno> {
        let turn = self.calls.fetch_add(1, Ordering::Relaxed);
        if turn >= self.first.load(Ordering::Relaxed) && turn < self.end.load(Ordering::Relaxed) {
            return Err(Errno::ENOMEM);
        }
        call(&self.os)
    }
}

// SAFETY: each method does what the system below does, or nothing.
unsafe impl<O: Os> Os for FailNth<O> {
    const PAGE_SIZE: usize = O::PAGE_SIZE;
    type Lock = O::Lock;

    const COARSEST: Grain = O::COARSEST;

    fn grain(&self) -> Grain {
        self.os.grain()
    }

    fn reserve(&self, len: usize, access: Access) -> Result<NonNull<u8>, Errno> {
        self.unless_refused(|os| os.reserve(len, access))
    }

    fn map_at(&self, at: NonNull<u8>, len: usize, access: Access) -> Result<(), NotMapped> {
        self.unless_refused(|os| Ok(os.map_at(at, len, access)))
            .unwrap_or(Err(NotMapped::Refused))
    }

    fn largest_hole(&self) -> core::ops::Range<usize> {
        self.os.largest_hole()
    }

    fn map_shared(&self, len: usize) -> Result<NonNull<u8>, Errno> {
        self.unless_refused(|os| os.map_shared(len))
    }

    unsafe fn replace(&self, at: NonNull<u8>, len: usize, access: Access) -> Result<(), Errno> {
        // SAFETY: the caller's promise is the one that the system below asks for.
        self.unless_refused(|os| unsafe { os.replace(at, len, access) })
    }

    unsafe fn unmap(&self, at: NonNull<u8>, len: usize) -> Result<(), Errno> {
        // SAFETY: the caller's promise is the one that the system below asks for.
        self.unless_refused(|os| unsafe { os.unmap(at, len) })
    }

    unsafe fn protect(&self, at: NonNull<u8>, len: usize, access: Access) -> Result<(), Errno> {
        // SAFETY: the caller's promise is the one that the system below asks for.
        self.unless_refused(|os| unsafe { os.protect(at, len, access) })
    }

    unsafe fn alias(&self, from: NonNull<u8>, len: usize, to: NonNull<u8>) -> Result<(), Errno> {
        // SAFETY: the caller's promise is the one that the system below asks for.
        self.unless_refused(|os| unsafe { os.alias(from, len, to) })
    }

    unsafe fn move_pages(
        &self,
        from: NonNull<u8>,
        len: usize,
        to: NonNull<u8>,
        to_len: usize,
    ) -> Result<(), NotMoved> {
        // SAFETY: the caller's promise is the one that the system below asks for.
        self.unless_refused(|os| Ok(unsafe { os.move_pages(from, len, to, to_len) }))
            .unwrap_or(Err(NotMoved::Refused))
    }

    unsafe fn discard(&self, at: NonNull<u8>, len: usize) -> Result<(), Errno> {
        // SAFETY: the caller's promise is the one that the system below asks for.
        self.unless_refused(|os| unsafe { os.discard(at, len) })
    }

    unsafe fn populate(&self, at: NonNull<u8>, len: usize) -> Result<(), Errno> {
        // SAFETY: the caller's promise is the one that the system below asks for.
        self.unless_refused(|os| unsafe { os.populate(at, len) })
    }

    unsafe fn punch(&self, at: NonNull<u8>, len: usize) -> Result<(), Errno> {
        // SAFETY: the caller's promise is the one that the system below asks for.
        self.unless_refused(|os| unsafe { os.punch(at, len) })
    }

    fn advise(&self, at: NonNull<u8>, len: usize, advice: Advice) -> Result<(), Errno> {
        self.unless_refused(|os| os.advise(at, len, advice))
    }

    fn name(&self, at: NonNull<u8>, len: usize, purpose: Purpose) {
        self.os.name(at, len, purpose);
    }

    fn register_fence(&self) -> Result<(), Errno> {
        self.unless_refused(O::register_fence)
    }

    fn fence_all(&self) -> Result<(), Errno> {
        self.unless_refused(O::fence_all)
    }

    fn block_signals(&self) -> SignalMask {
        self.os.block_signals()
    }

    fn restore_signals(&self, mask: SignalMask) {
        self.os.restore_signals(mask);
    }

    fn clock_ms(&self) -> u64 {
        self.os.clock_ms()
    }

    fn clock_ns(&self) -> u64 {
        self.os.clock_ns()
    }

    fn entropy(&self) -> u64 {
        self.os.entropy()
    }

    fn mappings_limit(&self) -> usize {
        self.os.mappings_limit()
    }

    fn asks_no_more(&self) -> bool {
        self.os.asks_no_more()
    }

    fn address_space_limit(&self) -> usize {
        self.os.address_space_limit()
    }
}

impl<O: Os> Futex for FailNth<O> {
    fn wait(&self, word: &AtomicU32, value: u32) {
        self.os.wait(word, value);
    }

    fn wake(&self, word: &AtomicU32) {
        self.os.wake(word);
    }
}
