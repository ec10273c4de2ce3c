//! A value that is made late and never changes.

use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicBool, Ordering};

/// A value that is set at most once and then read without a lock.
pub(crate) struct Once<T> {
    ready: AtomicBool,
    value: UnsafeCell<Option<T>>,
}

// SAFETY: the value is written before `ready` is set and never afterwards; readers look at `ready` first.
unsafe impl<T: Send + Sync> Sync for Once<T> {}

impl<T> Once<T> {
    pub(crate) const fn new() -> Self {
        Self {
            ready: AtomicBool::new(false),
            value: UnsafeCell::new(None),
        }
    }

    /// The value, once there is one.
    #[inline]
    pub(crate) fn value(&self) -> Option<&T> {
        // Acquire: pairs with the release store of `set`.
        if !self.ready.load(Ordering::Acquire) {
            return None;
        }
        // SAFETY: `ready` is set, so the value is there and never written again.
        unsafe { &*self.value.get() }.as_ref()
    }

    /// Sets the value; the caller holds the lock under which alone this is called, and nothing was set before.
    pub(crate) fn set(&self, value: T) {
        if self.ready.load(Ordering::Relaxed) {
            return;
        }
        // SAFETY: `ready` is not set, so nobody reads; the arena's lock keeps other writers away.
        unsafe { *self.value.get() = Some(value) };
        self.ready.store(true, Ordering::Release);
    }
}
