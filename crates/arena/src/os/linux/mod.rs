//! Linux.

#[cfg_attr(target_arch = "aarch64", path = "aarch64.rs")]
#[cfg_attr(target_arch = "x86_64", path = "x86_64.rs")]
mod call;
mod clocks;
mod descriptor;
mod futex;
mod holes;
mod lookout;
mod memory;
mod names;
mod pages;
mod proc;
mod remap;
mod returned;
mod ring;
mod signals;
mod userfaultfd;

use core::marker::PhantomData;
use core::ptr::{NonNull, null_mut};
use core::sync::atomic::{AtomicBool, AtomicPtr, AtomicU8, AtomicU32, Ordering};

use heap::{Grain, RawLock};

use super::{Access, Advice, Errno, Futex, NotMapped, NotMoved, Os, Purpose, SignalMask};
pub use call::syscall;
pub use clocks::ReadClock;
pub use futex::FutexLock;
pub use lookout::{Lookout, Sight, file_status};
use memory::{MADV_POPULATE_WRITE, RESERVED, madvise, map, protection};
use names::Names;
use pages::PAGE;
pub use pages::{OwnPages, Pages, SeemingPages};
use remap::REMAP_UNKNOWN;
use returned::checked;

/// The running Linux kernel, with its own locks.
pub type Linux = LinuxWith<FutexLock>;

/// The running Linux kernel, with locks of another kind: ones that are watched, say; or as if its pages were larger than they are.
pub struct LinuxWith<L, G = OwnPages> {
    /// What is known of `mremap` onto addresses in use: one of the three constants of `remap`.
    remap: AtomicU8,
    /// The kernel's function that reads clocks, in every process; null while it is not known.
    read_clock: AtomicPtr<()>,
    /// Whether the kernel is asked for nothing any more that can be done without.
    asks_no_more: AtomicBool,
    /// Which mappings have names.
    names: Names,
    /// Whether SIGSEGV is for a handler that waits for meshes.
    catches_faults: AtomicBool,
    /// What is known of the size of its pages.
    pages: AtomicU8,
    kinds: PhantomData<fn() -> (L, G)>,
}

impl<L, G> LinuxWith<L, G> {
    /// The system that this process runs on.
    pub const fn new() -> Self {
        Self {
            remap: AtomicU8::new(REMAP_UNKNOWN),
            read_clock: AtomicPtr::new(null_mut()),
            asks_no_more: AtomicBool::new(false),
            names: Names::new(),
            catches_faults: AtomicBool::new(false),
            pages: AtomicU8::new(0),
            kinds: PhantomData,
        }
    }

    /// From now on SIGSEGV is for a handler that waits for meshes, and never blocked. Before it is as the thread has it: one that waits
    /// for its thread to open it must not come early.
    pub fn catch_faults(&self) {
        self.catches_faults.store(true, Ordering::Relaxed);
    }

    /// From now on a system call that is not needed may end the process.
    pub fn ask_no_more(&self) {
        self.asks_no_more.store(true, Ordering::Relaxed);
        self.names.forget();
    }

    /// From now on mappings have names, where the kernel knows any.
    pub fn give_names(&self) {
        self.names.give();
    }
}

impl<L, G> Default for LinuxWith<L, G> {
    fn default() -> Self {
        Self::new()
    }
}

/// `membarrier`.
fn membarrier(command: i32) -> Result<(), Errno> {
    // SAFETY: the call orders memory accesses and makes none.
    let returned = unsafe { syscall(libc::SYS_membarrier, [command as usize, 0, 0, 0, 0, 0]) };
    checked(returned).map(drop)
}

// SAFETY: each method makes the system calls that its description asks for, on the range that it was given.
unsafe impl<L: RawLock + Sync, G: Pages> Os for LinuxWith<L, G> {
    const PAGE_SIZE: usize = PAGE;
    const COARSEST: Grain = G::COARSEST;
    type Lock = L;

    #[inline(always)]
    fn grain(&self) -> Grain {
        G::grain(&self.pages)
    }

    fn reserve(&self, len: usize, access: Access) -> Result<NonNull<u8>, Errno> {
        map(0, len, access, RESERVED)
    }

    fn map_at(&self, at: NonNull<u8>, len: usize, access: Access) -> Result<(), NotMapped> {
        let flags = RESERVED | libc::MAP_FIXED_NOREPLACE;
        match map(at.as_ptr() as usize, len, access, flags) {
            Ok(mapped) if mapped == at => Ok(()),
            Ok(elsewhere) => {
                // A kernel that does not know the flag takes the address for a wish (before Linux 4.17).
                // SAFETY: mapped just now, and known to nobody.
                let _ = unsafe { self.unmap(elsewhere, len) };
                Err(NotMapped::Taken)
            }
            Err(Errno(libc::EEXIST)) => Err(NotMapped::Taken),
            Err(_) => Err(NotMapped::Refused),
        }
    }

    fn largest_hole(&self) -> core::ops::Range<usize> {
        holes::largest()
    }

    fn map_shared(&self, len: usize) -> Result<NonNull<u8>, Errno> {
        let flags = libc::MAP_SHARED | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
        map(0, len, Access::ReadWrite, flags)
    }

    unsafe fn replace(&self, at: NonNull<u8>, len: usize, access: Access) -> Result<(), Errno> {
        map(
            at.as_ptr() as usize,
            len,
            access,
            RESERVED | libc::MAP_FIXED,
        )
        .map(drop)
    }

    unsafe fn unmap(&self, at: NonNull<u8>, len: usize) -> Result<(), Errno> {
        // SAFETY: the same contract.
        unsafe { memory::unmap(at, len) }
    }

    unsafe fn protect(&self, at: NonNull<u8>, len: usize, access: Access) -> Result<(), Errno> {
        let arguments = [
            at.as_ptr() as usize,
            len,
            protection(access) as usize,
            0,
            0,
            0,
        ];
        // SAFETY: the caller owns the range and deals with the accesses that are no longer permitted.
        let returned = unsafe { syscall(libc::SYS_mprotect, arguments) };
        checked(returned).map(drop)
    }

    unsafe fn alias(&self, from: NonNull<u8>, len: usize, to: NonNull<u8>) -> Result<(), Errno> {
        // SAFETY: the same contract.
        unsafe { self.map_again(from, len, to) }
    }

    unsafe fn move_pages(
        &self,
        from: NonNull<u8>,
        len: usize,
        to: NonNull<u8>,
        to_len: usize,
    ) -> Result<(), NotMoved> {
        // SAFETY: the same contract.
        unsafe { remap::move_pages(from, len, to, to_len) }
    }

    unsafe fn discard(&self, at: NonNull<u8>, len: usize) -> Result<(), Errno> {
        // SAFETY: the caller gives the content up.
        unsafe { madvise(at, len, libc::MADV_DONTNEED) }
    }

    unsafe fn populate(&self, at: NonNull<u8>, len: usize) -> Result<(), Errno> {
        // SAFETY: populating changes no content.
        match unsafe { madvise(at, len, MADV_POPULATE_WRITE) } {
            // Before Linux 5.14.
            Err(Errno(libc::EINVAL)) => {
                // SAFETY: the same contract.
                unsafe { memory::touch(at, len) };
                Ok(())
            }
            other => other,
        }
    }

    unsafe fn punch(&self, at: NonNull<u8>, len: usize) -> Result<(), Errno> {
        // SAFETY: the caller gives the content up.
        unsafe { madvise(at, len, libc::MADV_REMOVE) }
    }

    fn advise(&self, at: NonNull<u8>, len: usize, advice: Advice) -> Result<(), Errno> {
        let advice = match advice {
            Advice::NoHugePages => libc::MADV_NOHUGEPAGE,
            Advice::HugePages => libc::MADV_HUGEPAGE,
            Advice::NotInDumps => libc::MADV_DONTDUMP,
            Advice::InDumps => libc::MADV_DODUMP,
            Advice::NotInChildren => libc::MADV_DONTFORK,
        };
        // SAFETY: none of them changes any content.
        unsafe { madvise(at, len, advice) }
    }

    #[inline]
    fn name(&self, at: NonNull<u8>, len: usize, purpose: Purpose) {
        self.names.name(at, len, purpose);
    }

    fn register_fence(&self) -> Result<(), Errno> {
        membarrier(libc::MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED)
    }

    fn fence_all(&self) -> Result<(), Errno> {
        membarrier(libc::MEMBARRIER_CMD_PRIVATE_EXPEDITED)
    }

    fn block_signals(&self) -> SignalMask {
        signals::block(self.catches_faults.load(Ordering::Relaxed))
    }

    fn restore_signals(&self, mask: SignalMask) {
        signals::restore(mask);
    }

    unsafe fn call_on(
        &self,
        end: NonNull<u8>,
        function: unsafe extern "C" fn(*mut ()),
        argument: *mut (),
    ) {
        // SAFETY: the same contract.
        unsafe { call::call_on(end.as_ptr(), function, argument) };
    }

    fn clock_ms(&self) -> u64 {
        let now = self.clock(libc::CLOCK_MONOTONIC_COARSE);
        now.tv_sec as u64 * 1_000 + now.tv_nsec as u64 / 1_000_000
    }

    fn clock_ns(&self) -> u64 {
        let now = self.clock(libc::CLOCK_MONOTONIC);
        now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
    }

    fn entropy(&self) -> u64 {
        let mut bits = 0_u64;
        let arguments = [
            &raw mut bits as usize,
            size_of::<u64>(),
            libc::GRND_NONBLOCK as usize,
            0,
            0,
            0,
        ];
        // SAFETY: the kernel writes at most the eight bytes of `bits`.
        let returned = unsafe { syscall(libc::SYS_getrandom, arguments) };
        if checked(returned) == Ok(size_of::<u64>()) {
            return bits;
        }
        // Early in the system's start there may be no entropy yet: time and placement have to do.
        self.clock_ns() ^ (&raw const bits as u64).rotate_left(32)
    }

    fn mappings_limit(&self) -> usize {
        proc::number(c"/proc/sys/vm/max_map_count").unwrap_or(proc::DEFAULT_MAPPINGS)
    }

    fn asks_no_more(&self) -> bool {
        self.asks_no_more.load(Ordering::Relaxed)
    }

    fn address_space_limit(&self) -> usize {
        if self.asks_no_more() {
            return usize::MAX;
        }
        let mut limit = [u64::MAX; 2];
        let arguments = [
            0,
            libc::RLIMIT_AS as usize,
            0,
            &raw mut limit as usize,
            0,
            0,
        ];
        // SAFETY: the kernel writes the two words of the limit.
        let _ = unsafe { syscall(libc::SYS_prlimit64, arguments) };
        usize::try_from(limit[0]).unwrap_or(usize::MAX)
    }
}

impl<L, G> Futex for LinuxWith<L, G> {
    fn wait(&self, word: &AtomicU32, value: u32) {
        futex::wait(word, value);
    }

    fn wake(&self, word: &AtomicU32) {
        futex::wake(word, i32::MAX);
    }
}
