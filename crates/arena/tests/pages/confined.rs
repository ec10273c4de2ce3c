//! The system with little address space, for tests that make many arenas.

use std::collections::BTreeMap;
use std::ops::Range;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arena::os::{
    Access, Advice, Errno, Futex, Hold, NotMapped, NotMoved, SignalMask, Userfault, WriteFaults,
};
use arena::{Linux, Os};
use heap::Grain;

const PAGE: usize = Linux::PAGE_SIZE;

/// Where nobody else maps anything …
const FAR: usize = 16 << 40;
/// … and the holes of two tests are so far apart.
const APART: usize = 4 << 30;

/// Holes so far.
static HOLES: AtomicUsize = AtomicUsize::new(0);

/// Linux, with a small hole in its addresses, with a clock that a test moves, and with all that was mapped unmapped at the end.
pub(crate) struct Confined {
    linux: Linux,
    /// The largest hole, as it seems.
    hole: Range<usize>,
    /// Bytes of addresses that a process seems to be allowed.
    limit: usize,
    /// Lengths of the mappings that were made and not removed, by address.
    mapped: Mutex<BTreeMap<usize, usize>>,
    clock_ms: Arc<AtomicU64>,
    /// Bytes that may still be mapped in the hole.
    pub(crate) room: AtomicUsize,
    /// Descriptors that were opened.
    opened: Mutex<Vec<Userfault>>,
    /// Holds that were not released.
    held: Mutex<Vec<Hold>>,
    /// Whether protecting several pages stops half-way.
    pub(crate) halfway: AtomicBool,
    /// The pages that it seems to have as one.
    grain: Grain,
}

impl Confined {
    /// An arena over this has about seven eighths of `bytes` bytes.
    pub(crate) fn to(bytes: usize) -> Self {
        assert!(bytes < APART);
        let start = FAR + HOLES.fetch_add(1, Ordering::Relaxed) * APART;
        Self {
            linux: Linux::new(),
            hole: start..start + bytes,
            limit: usize::MAX,
            mapped: Mutex::new(BTreeMap::new()),
            clock_ms: Arc::new(AtomicU64::new(1)),
            room: AtomicUsize::new(usize::MAX),
            opened: Mutex::new(Vec::new()),
            held: Mutex::new(Vec::new()),
            halfway: AtomicBool::new(false),
            grain: Grain::PAGE,
        }
    }

    /// The same on a system whose pages have so many bytes.
    pub(crate) fn with_pages_of(mut self, bytes: usize) -> Self {
        self.grain = Grain::of(bytes, PAGE).expect("a size of pages");
        self
    }

    /// Fails where a system with such pages would refuse, or do more than it is asked for.
    fn check(&self, at: NonNull<u8>, len: usize) {
        let page = PAGE * self.grain.pages();
        let start = at.addr().get();
        assert!(len.is_multiple_of(page), "{len} bytes");
        // What the kernel chose itself would begin at a page.
        assert!(
            !self.hole.contains(&start) || start.is_multiple_of(page),
            "{at:?}"
        );
    }

    /// The same in a process that may have so few addresses that unused ones are unmapped soon.
    pub(crate) fn tightly(bytes: usize) -> Self {
        let mut confined = Self::to(bytes);
        confined.limit = bytes;
        confined
    }

    /// Where the arena is to be.
    pub(crate) fn hole(&self) -> Range<usize> {
        self.hole.clone()
    }

    /// The clock, in milliseconds.
    pub(crate) fn clock(&self) -> Arc<AtomicU64> {
        self.clock_ms.clone()
    }

    /// Mappings that were made and not removed.
    pub(crate) fn mappings(&self) -> usize {
        self.mapped().len()
    }

    /// The descriptor that was opened last.
    pub(crate) fn userfault(&self) -> Option<Userfault> {
        locked(&self.opened).last().copied()
    }

    fn mapped(&self) -> MutexGuard<'_, BTreeMap<usize, usize>> {
        locked(&self.mapped)
    }

    fn note(&self, made: Result<NonNull<u8>, Errno>, len: usize) -> Result<NonNull<u8>, Errno> {
        let at = made?;
        self.mapped().insert(at.addr().get(), len);
        Ok(at)
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // After a panic under the lock the test fails anyway.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for Confined {
    fn drop(&mut self) {
        for userfault in locked(&self.opened).iter() {
            self.linux.close_userfault(userfault);
        }
        for &hold in locked(&self.held).iter() {
            self.linux.release(hold);
        }
        for (&at, &len) in self.mapped().iter() {
            let at = NonNull::new(at as *mut u8).expect("no mapping is at zero");
            // SAFETY: mapped by `linux`, and whoever used it is gone: the arena owns this value.
            unsafe { self.linux.unmap(at, len) }.expect("it was mapped");
        }
        let hole = NonNull::new(self.hole.start as *mut u8).expect("it is not at zero");
        // SAFETY: only the arena has mapped something in the hole, and it is gone.
        unsafe { self.linux.unmap(hole, self.hole.len()) }.expect("it may be unmapped");
    }
}

// SAFETY: each method passes its call on.
unsafe impl WriteFaults for Confined {
    fn open_userfault(&self) -> Result<Userfault, Errno> {
        let opened = self.linux.open_userfault()?;
        locked(&self.opened).push(opened);
        Ok(opened)
    }

    fn is_ours(&self, userfault: &Userfault) -> bool {
        self.linux.is_ours(userfault)
    }

    fn is_open(&self, userfault: &Userfault) -> bool {
        self.linux.is_open(userfault)
    }

    fn close_userfault(&self, userfault: &Userfault) {
        self.linux.close_userfault(userfault);
    }

    unsafe fn register(
        &self,
        userfault: &Userfault,
        at: NonNull<u8>,
        len: usize,
    ) -> Result<(), Errno> {
        self.check(at, len);
        // SAFETY: the same contract.
        unsafe { self.linux.register(userfault, at, len) }
    }

    unsafe fn unregister(
        &self,
        userfault: &Userfault,
        at: NonNull<u8>,
        len: usize,
    ) -> Result<(), Errno> {
        // SAFETY: the same contract.
        unsafe { self.linux.unregister(userfault, at, len) }
    }

    unsafe fn hold_writers(
        &self,
        userfault: &Userfault,
        at: NonNull<u8>,
        len: usize,
    ) -> Result<(), Errno> {
        self.check(at, len);
        // SAFETY: the same contract.
        unsafe { self.linux.hold_writers(userfault, at, len) }
    }

    unsafe fn free_writers(&self, userfault: &Userfault, at: NonNull<u8>, len: usize) {
        // SAFETY: the same contract.
        unsafe { self.linux.free_writers(userfault, at, len) };
    }

    fn wake_writers(&self, userfault: &Userfault, at: NonNull<u8>, len: usize) {
        self.linux.wake_writers(userfault, at, len);
    }

    fn hold(&self, userfault: &Userfault) -> Result<Hold, Errno> {
        let hold = self.linux.hold(userfault)?;
        locked(&self.held).push(hold);
        Ok(hold)
    }

    fn release(&self, hold: Hold) {
        locked(&self.held).retain(|&other| other != hold);
        self.linux.release(hold);
    }
}

// SAFETY: each method passes its call on; what is added touches no memory.
unsafe impl Os for Confined {
    const PAGE_SIZE: usize = Linux::PAGE_SIZE;
    type Lock = <Linux as Os>::Lock;

    const COARSEST: Grain = Grain::SIXTEEN;

    fn grain(&self) -> Grain {
        self.grain
    }

    fn reserve(&self, len: usize, access: Access) -> Result<NonNull<u8>, Errno> {
        self.note(self.linux.reserve(len, access), len)
    }

    fn map_shared(&self, len: usize) -> Result<NonNull<u8>, Errno> {
        self.note(self.linux.map_shared(len), len)
    }

    fn map_at(&self, at: NonNull<u8>, len: usize, access: Access) -> Result<(), NotMapped> {
        self.check(at, len);
        let start = at.addr().get();
        assert!(self.hole.start <= start && start + len <= self.hole.end);
        let room = self.room.load(Ordering::Relaxed);
        let left = room.checked_sub(len).ok_or(NotMapped::Refused)?;
        self.linux.map_at(at, len, access)?;
        if room != usize::MAX {
            self.room.store(left, Ordering::Relaxed);
        }
        Ok(())
    }

    fn largest_hole(&self) -> Range<usize> {
        self.hole()
    }

    unsafe fn unmap(&self, at: NonNull<u8>, len: usize) -> Result<(), Errno> {
        if self.hole.contains(&at.addr().get()) {
            self.check(at, len);
            // SAFETY: the same contract.
            unsafe { self.linux.unmap(at, len) }?;
            let room = self.room.load(Ordering::Relaxed);
            self.room.store(room.saturating_add(len), Ordering::Relaxed);
            return Ok(());
        }
        let noted = self.mapped().remove(&at.addr().get());
        assert_eq!(noted, Some(len), "only whole mappings are removed");
        // SAFETY: the same contract.
        unsafe { self.linux.unmap(at, len) }
    }

    unsafe fn replace(&self, at: NonNull<u8>, len: usize, access: Access) -> Result<(), Errno> {
        self.check(at, len);
        // SAFETY: the same contract.
        unsafe { self.linux.replace(at, len, access) }
    }

    unsafe fn protect(&self, at: NonNull<u8>, len: usize, access: Access) -> Result<(), Errno> {
        self.check(at, len);
        let stops = access == Access::Read && len > PAGE && self.halfway.load(Ordering::Relaxed);
        // SAFETY: the same contract.
        unsafe {
            self.linux
                .protect(at, if stops { PAGE } else { len }, access)
        }?;
        if stops { Err(Errno::ENOMEM) } else { Ok(()) }
    }

    unsafe fn alias(&self, from: NonNull<u8>, len: usize, to: NonNull<u8>) -> Result<(), Errno> {
        self.check(from, len);
        self.check(to, len);
        // SAFETY: the same contract.
        unsafe { self.linux.alias(from, len, to) }
    }

    unsafe fn move_pages(
        &self,
        from: NonNull<u8>,
        len: usize,
        to: NonNull<u8>,
        to_len: usize,
    ) -> Result<(), NotMoved> {
        self.check(from, len);
        self.check(to, to_len);
        // SAFETY: the same contract.
        unsafe { self.linux.move_pages(from, len, to, to_len) }
    }

    unsafe fn discard(&self, at: NonNull<u8>, len: usize) -> Result<(), Errno> {
        self.check(at, len);
        // SAFETY: the same contract.
        unsafe { self.linux.discard(at, len) }
    }

    unsafe fn populate(&self, at: NonNull<u8>, len: usize) -> Result<(), Errno> {
        self.check(at, len);
        // SAFETY: the same contract.
        unsafe { self.linux.populate(at, len) }
    }

    unsafe fn punch(&self, at: NonNull<u8>, len: usize) -> Result<(), Errno> {
        self.check(at, len);
        // SAFETY: the same contract.
        unsafe { self.linux.punch(at, len) }
    }

    fn advise(&self, at: NonNull<u8>, len: usize, advice: Advice) -> Result<(), Errno> {
        self.check(at, len);
        self.linux.advise(at, len, advice)
    }

    fn register_fence(&self) -> Result<(), Errno> {
        self.linux.register_fence()
    }

    fn fence_all(&self) -> Result<(), Errno> {
        self.linux.fence_all()
    }

    fn block_signals(&self) -> SignalMask {
        self.linux.block_signals()
    }

    fn restore_signals(&self, mask: SignalMask) {
        self.linux.restore_signals(mask);
    }

    fn clock_ms(&self) -> u64 {
        self.clock_ms.load(Ordering::Relaxed)
    }

    fn clock_ns(&self) -> u64 {
        self.linux.clock_ns()
    }

    fn entropy(&self) -> u64 {
        self.linux.entropy()
    }

    fn mappings_limit(&self) -> usize {
        self.linux.mappings_limit()
    }

    fn address_space_limit(&self) -> usize {
        self.limit
    }
}

impl Futex for Confined {
    fn wait(&self, word: &AtomicU32, value: u32) {
        self.linux.wait(word, value);
    }

    fn wake(&self, word: &AtomicU32) {
        self.linux.wake(word);
    }
}
