//! A value that is made late and never changes.

use crate::atomic::{AtomicBool, Ordering, UnsafeCell};
use crate::const_unless_loom;

/// A value that is set at most once and then read without a lock.
#[derive(Debug)]
pub struct Once<T> {
    ready: AtomicBool,
    value: UnsafeCell<Option<T>>,
}

// SAFETY: the value is written before `ready` is set and never afterwards; readers look at `ready` first.
unsafe impl<T: Send + Sync> Sync for Once<T> {}

impl<T> Once<T> {
    const_unless_loom! {
        /// No value yet.
        pub fn new() -> Self {
            Self {
                ready: AtomicBool::new(false),
                value: UnsafeCell::new(None),
            }
        }
    }

    /// The value, once there is one.
    #[inline]
    pub fn value(&self) -> Option<&T> {
        // Acquire: pairs with the release store of `set`.
        if !self.ready.load(Ordering::Acquire) {
            return None;
        }
        // SAFETY: `ready` is set, so the value is there and never written again.
        self.value.with(|value| unsafe { &*value }).as_ref()
    }

    /// Sets the value, unless there is one.
    ///
    /// # Safety
    /// The caller holds a lock under which alone this is called.
    pub unsafe fn set(&self, value: T) {
        if self.ready.load(Ordering::Relaxed) {
            return;
        }
        // SAFETY: `ready` is not set, so nobody reads; the caller's lock keeps other writers away.
        self.value.with_mut(|place| unsafe { *place = Some(value) });
        self.ready.store(true, Ordering::Release);
    }
}

impl<T> Default for Once<T> {
    fn default() -> Self {
        Self::new()
    }
}
