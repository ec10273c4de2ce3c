//! Linux.

#[cfg_attr(target_arch = "x86_64", path = "x86_64.rs")]
mod call;
mod descriptor;
mod futex;
mod holes;
mod proc;
mod ring;
mod userfaultfd;

use core::mem::MaybeUninit;
use core::ptr::{NonNull, null_mut};
use core::sync::atomic::{AtomicPtr, AtomicU8, AtomicU32, Ordering};

use super::{Access, Advice, Errno, Futex, NotMapped, NotMoved, Os, SignalMask};
pub use call::syscall;
pub use futex::FutexLock;

/// The running Linux kernel.
pub struct Linux {
    /// What is known of `mremap` onto addresses in use: one of the three constants below.
    remap: AtomicU8,
    /// The kernel's function that reads clocks, in every process; null while it is not known.
    read_clock: AtomicPtr<()>,
}

/// `clock_gettime` as the kernel has it: an error is a negated number.
pub type ReadClock = unsafe extern "C" fn(libc::clockid_t, *mut libc::timespec) -> i32;

/// The kernel's version was not looked up yet.
const REMAP_UNKNOWN: u8 = 0;
/// All limits are checked before the target is unmapped (since Linux 6.17).
const REMAP_CHECKS_FIRST: u8 = 1;
/// The target is unmapped before the limit on address space is checked.
const REMAP_UNMAPS_FIRST: u8 = 2;

impl Linux {
    /// The system that this process runs on.
    pub const fn new() -> Self {
        Self {
            remap: AtomicU8::new(REMAP_UNKNOWN),
            read_clock: AtomicPtr::new(null_mut()),
        }
    }

    /// Reads clocks by `function` from now on: the kernel's, which costs no system call.
    pub fn read_clocks_by(&self, function: ReadClock) {
        // Relaxed: the function was there before us.
        self.read_clock
            .store(function as *mut (), Ordering::Relaxed);
    }

    /// Whether the kernel keeps pages of this process in their places for itself, or for devices, as registered buffers of an
    /// `io_uring` are; false when it does not tell.
    pub fn has_pinned_memory() -> bool {
        proc::has_pinned_memory()
    }

    /// What a clock says.
    fn clock(&self, which: libc::clockid_t) -> libc::timespec {
        let mut now = libc::timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        let function = self.read_clock.load(Ordering::Relaxed);
        if function.is_null() {
            let arguments = [which as usize, &raw mut now as usize, 0, 0, 0, 0];
            // SAFETY: the call writes one `timespec`.
            let _ = unsafe { syscall(libc::SYS_clock_gettime, arguments) };
        } else {
            // SAFETY: `read_clocks_by` stored a function of this type.
            let function = unsafe { core::mem::transmute::<*mut (), ReadClock>(function) };
            // SAFETY: it writes one `timespec`.
            let _ = unsafe { function(which, &raw mut now) };
        }
        now
    }

    /// Whether a refused remap leaves its target as it was.
    fn remap_checks_first(&self) -> bool {
        // Relaxed: every thread that looks finds the same answer.
        let mut known = self.remap.load(Ordering::Relaxed);
        if known == REMAP_UNKNOWN {
            known = if proc::kernel_version() >= (6, 17) {
                REMAP_CHECKS_FIRST
            } else {
                REMAP_UNMAPS_FIRST
            };
            self.remap.store(known, Ordering::Relaxed);
        }
        known == REMAP_CHECKS_FIRST
    }
}

impl Default for Linux {
    fn default() -> Self {
        Self::new()
    }
}

/// `mremap`.
///
/// # Safety
/// The caller owns the ranges that the call changes.
unsafe fn remap(
    from: usize,
    old_len: usize,
    len: usize,
    flags: i32,
    to: usize,
) -> Result<usize, Errno> {
    // SAFETY: the caller owns the ranges.
    checked(unsafe {
        syscall(
            libc::SYS_mremap,
            [from, old_len, len, flags as usize, to, 0],
        )
    })
}

/// Bytes in the kernel's signal set.
const SIGNAL_SET_SIZE: usize = 8;

const RESERVED: i32 = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;

/// `MADV_POPULATE_WRITE`, since Linux 5.14.
const MADV_POPULATE_WRITE: i32 = 23;

fn protection(access: Access) -> i32 {
    match access {
        Access::None => libc::PROT_NONE,
        Access::Read => libc::PROT_READ,
        Access::ReadWrite => libc::PROT_READ | libc::PROT_WRITE,
    }
}

/// What a system call returned, as a result.
fn checked(returned: isize) -> Result<usize, Errno> {
    // The kernel's convention: -4095 to -1 are negated error numbers.
    if (-4095..0).contains(&returned) {
        Err(Errno(-returned as i32))
    } else {
        Ok(returned as usize)
    }
}

fn address(returned: isize) -> Result<NonNull<u8>, Errno> {
    checked(returned).and_then(|at| NonNull::new(at as *mut u8).ok_or(Errno::ENOMEM))
}

fn map(at: usize, len: usize, access: Access, flags: i32) -> Result<NonNull<u8>, Errno> {
    let no_file = usize::MAX;
    // SAFETY: `mmap` touches no memory of ours; callers of the fixed form own the range that it replaces.
    let returned = unsafe {
        syscall(
            libc::SYS_mmap,
            [
                at,
                len,
                protection(access) as usize,
                flags as usize,
                no_file,
                0,
            ],
        )
    };
    address(returned)
}

/// `madvise`.
///
/// # Safety
/// As for the method of [`Os`] that passes `advice`.
unsafe fn madvise(at: NonNull<u8>, len: usize, advice: i32) -> Result<(), Errno> {
    loop {
        // SAFETY: the caller vouches for the range and the advice.
        let returned = unsafe {
            syscall(
                libc::SYS_madvise,
                [at.as_ptr() as usize, len, advice as usize, 0, 0, 0],
            )
        };
        match checked(returned) {
            // EAGAIN: the kernel was short of a resource for a moment; EINTR: a signal came.
            Err(Errno(libc::EINTR)) => {}
            other => return other.map(drop),
        }
    }
}

/// `membarrier`.
fn membarrier(command: i32) -> Result<(), Errno> {
    // SAFETY: the call orders memory accesses and makes none.
    let returned = unsafe { syscall(libc::SYS_membarrier, [command as usize, 0, 0, 0, 0, 0]) };
    checked(returned).map(drop)
}

// SAFETY: each method makes the one system call that its description asks for, on the range that it was given.
unsafe impl Os for Linux {
    const PAGE_SIZE: usize = 4096;
    type Lock = FutexLock;

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
        // SAFETY: the caller owns the range, and nobody uses it any more.
        let returned =
            unsafe { syscall(libc::SYS_munmap, [at.as_ptr() as usize, len, 0, 0, 0, 0]) };
        checked(returned).map(drop)
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
        // An old size of zero maps shared pages a second time and leaves the first mapping where it is.
        let (from, to) = (from.as_ptr() as usize, to.as_ptr() as usize);
        if self.remap_checks_first() {
            let flags = libc::MREMAP_MAYMOVE | libc::MREMAP_FIXED;
            // SAFETY: the caller owns both ranges and wants `to` replaced.
            return unsafe { remap(from, 0, len, flags, to) }.map(drop);
        }
        // Where a refusal comes too late, a free address is tried first; a move changes no total.
        // SAFETY: a second mapping at an address that the kernel chooses touches nobody.
        let scratch = unsafe { remap(from, 0, len, libc::MREMAP_MAYMOVE, 0) }?;
        if scratch == to {
            // Nothing was there, as in a child.
            return Ok(());
        }
        let flags = libc::MREMAP_MAYMOVE | libc::MREMAP_FIXED;
        // SAFETY: `scratch` is ours since the line above; the caller wants `to` replaced.
        let moved = unsafe { remap(scratch, len, len, flags, to) };
        if moved.is_err() {
            // SAFETY: the move failed, so the scratch mapping is where it was, and only known here.
            let _ = unsafe { syscall(libc::SYS_munmap, [scratch, len, 0, 0, 0, 0]) };
        }
        moved.map(drop)
    }

    unsafe fn move_pages(
        &self,
        from: NonNull<u8>,
        len: usize,
        to: NonNull<u8>,
        to_len: usize,
    ) -> Result<(), NotMoved> {
        let away = libc::MREMAP_MAYMOVE | libc::MREMAP_DONTUNMAP;
        let onto = libc::MREMAP_MAYMOVE | libc::MREMAP_FIXED;
        let (start, target) = (from.as_ptr() as usize, to.as_ptr() as usize);
        // To a place that the kernel chooses first: that changes nothing when it is refused. With a target of ours, several
        // mappings may be moved in part, and a target may be unmapped before the limits are looked at.
        // SAFETY: the caller owns the range.
        let scratch = unsafe { remap(start, len, len, away, 0) }.map_err(|_| NotMoved::Refused)?;
        // SAFETY: the pages are ours at their new place, and the caller wants `to` replaced.
        if unsafe { remap(scratch, len, to_len, onto, target) }.is_ok() {
            return Ok(());
        }
        // SAFETY: the scratch is ours, and so is the range at `from`, which the first step left there.
        if unsafe { remap(scratch, len, len, onto, start) }.is_err() {
            let scratch = core::ptr::with_exposed_provenance_mut::<u8>(scratch);
            // SAFETY: both ranges are mapped and `len` bytes long.
            unsafe { from.as_ptr().copy_from_nonoverlapping(scratch, len) };
            if let Some(scratch) = NonNull::new(scratch) {
                // SAFETY: nobody knows the place.
                let _ = unsafe { self.unmap(scratch, len) };
            }
        }
        let flags = RESERVED | libc::MAP_FIXED_NOREPLACE;
        match map(target, to_len, Access::ReadWrite, flags) {
            Ok(_) => Err(NotMoved::Refused),
            Err(_) => Err(NotMoved::TargetLost),
        }
    }

    unsafe fn discard(&self, at: NonNull<u8>, len: usize) -> Result<(), Errno> {
        // SAFETY: the caller gives the content up.
        unsafe { madvise(at, len, libc::MADV_DONTNEED) }
    }

    fn populate(&self, at: NonNull<u8>, len: usize) -> Result<(), Errno> {
        // SAFETY: populating changes no content.
        unsafe { madvise(at, len, MADV_POPULATE_WRITE) }
    }

    unsafe fn punch(&self, at: NonNull<u8>, len: usize) -> Result<(), Errno> {
        // SAFETY: the caller gives the content up.
        unsafe { madvise(at, len, libc::MADV_REMOVE) }
    }

    fn advise(&self, at: NonNull<u8>, len: usize, advice: Advice) -> Result<(), Errno> {
        let advice = match advice {
            Advice::NoHugePages => libc::MADV_NOHUGEPAGE,
            Advice::NotInDumps => libc::MADV_DONTDUMP,
            Advice::InDumps => libc::MADV_DODUMP,
            Advice::NotInChildren => libc::MADV_DONTFORK,
        };
        // SAFETY: none of them changes any content.
        unsafe { madvise(at, len, advice) }
    }

    fn register_fence(&self) -> Result<(), Errno> {
        membarrier(libc::MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED)
    }

    fn fence_all(&self) -> Result<(), Errno> {
        membarrier(libc::MEMBARRIER_CMD_PRIVATE_EXPEDITED)
    }

    fn block_signals(&self) -> SignalMask {
        let blocked = !(1_u64 << (libc::SIGSEGV - 1));
        let mut before = MaybeUninit::<u64>::zeroed();
        let arguments = [
            libc::SIG_SETMASK as usize,
            &raw const blocked as usize,
            before.as_mut_ptr() as usize,
            SIGNAL_SET_SIZE,
            0,
            0,
        ];
        // SAFETY: both sets live across the call and have the size that it is told.
        let _ = unsafe { syscall(libc::SYS_rt_sigprocmask, arguments) };
        // SAFETY: zeroed at the start, so valid even if the kernel wrote nothing.
        SignalMask(unsafe { before.assume_init() })
    }

    fn restore_signals(&self, mask: SignalMask) {
        let arguments = [
            libc::SIG_SETMASK as usize,
            &raw const mask.0 as usize,
            0,
            SIGNAL_SET_SIZE,
            0,
            0,
        ];
        // SAFETY: the set lives across the call and has the size that it is told.
        let _ = unsafe { syscall(libc::SYS_rt_sigprocmask, arguments) };
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

    fn address_space_limit(&self) -> usize {
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

impl Futex for Linux {
    fn wait(&self, word: &AtomicU32, value: u32) {
        futex::wait(word, value);
    }

    fn wake(&self, word: &AtomicU32) {
        futex::wake(word, i32::MAX);
    }
}
