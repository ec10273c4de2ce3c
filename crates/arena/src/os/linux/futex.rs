//! A lock of one word over the kernel's futex.

use core::sync::atomic::{AtomicU32, Ordering};

use heap::RawLock;

use super::call::syscall;

/// How often a thread looks again before it sleeps. Critical sections are short, so the holder is usually about to go.
const SPINS: u32 = 64;

const OPEN: u32 = 0;
const HELD: u32 = 1;
/// Held, and somebody may be asleep.
const CONTENDED: u32 = 2;

/// A lock for threads of one process; a thread that waits long sleeps in the kernel.
pub struct FutexLock(AtomicU32);

// SAFETY: only one exchange turns `OPEN` into another value, and that one returns holding the lock. The release swap of
// `unlock` pairs with the acquire operations of `lock` and `try_lock`.
unsafe impl RawLock for FutexLock {
    const OPEN: Self = Self(AtomicU32::new(OPEN));

    #[inline]
    fn lock(&self) {
        if !self.try_lock() {
            self.lock_contended();
        }
    }

    #[inline]
    fn try_lock(&self) -> bool {
        self.0
            .compare_exchange(OPEN, HELD, Ordering::Acquire, Ordering::Relaxed)
            .is_ok()
    }

    #[inline]
    unsafe fn unlock(&self) {
        if self.0.swap(OPEN, Ordering::Release) == CONTENDED {
            wake(&self.0, 1);
        }
    }
}

impl FutexLock {
    #[cold]
    fn lock_contended(&self) {
        for _ in 0..SPINS {
            if self.0.load(Ordering::Relaxed) == OPEN && self.try_lock() {
                return;
            }
            core::hint::spin_loop();
        }
        while self.0.swap(CONTENDED, Ordering::Acquire) != OPEN {
            wait(&self.0, CONTENDED);
        }
    }
}

/// Sleeps while `word` holds `value`; may return early.
pub(super) fn wait(word: &AtomicU32, value: u32) {
    let operation = libc::FUTEX_WAIT | libc::FUTEX_PRIVATE_FLAG;
    let arguments = [
        word.as_ptr() as usize,
        operation as usize,
        value as usize,
        0,
        0,
        0,
    ];
    // SAFETY: the word lives across the call, and the kernel only reads it.
    let _ = unsafe { syscall(libc::SYS_futex, arguments) };
}

/// Wakes up to `count` of those who sleep on `word`.
pub(super) fn wake(word: &AtomicU32, count: i32) {
    let operation = libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG;
    let arguments = [
        word.as_ptr() as usize,
        operation as usize,
        count as usize,
        0,
        0,
        0,
    ];
    // SAFETY: the kernel uses the word's address as a key and touches nothing.
    let _ = unsafe { syscall(libc::SYS_futex, arguments) };
}
