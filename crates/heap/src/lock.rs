//! A mutex over any raw lock, for places where `std` is absent.

use core::cell::UnsafeCell;
use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};
use core::sync::atomic::{AtomicBool, Ordering};

/// A lock without data.
///
/// # Safety
/// Between a `lock` (or a `try_lock` that returned true) and the `unlock` that follows it no other `lock` returns; what
/// was written before `unlock` is seen after the next `lock`.
pub unsafe trait RawLock {
    /// An open lock.
    const OPEN: Self;

    /// Takes the lock, waiting while somebody else has it.
    fn lock(&self);

    /// Takes the lock if nobody has it; says whether it did.
    fn try_lock(&self) -> bool;

    /// Opens the lock.
    ///
    /// # Safety
    /// The caller holds the lock.
    unsafe fn unlock(&self);
}

/// A lock that spins: portable, and good enough where it is seldom held, and nearly always for a short time.
pub struct SpinLock(AtomicBool);

// SAFETY: the flag goes from false to true for one caller at a time, and the release store of `unlock` pairs with the
// acquire exchange of the next `try_lock`.
unsafe impl RawLock for SpinLock {
    const OPEN: Self = Self(AtomicBool::new(false));

    fn lock(&self) {
        while !self.try_lock() {
            core::hint::spin_loop();
        }
    }

    fn try_lock(&self) -> bool {
        self.0
            .compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed)
            .is_ok()
    }

    unsafe fn unlock(&self) {
        self.0.store(false, Ordering::Release);
    }
}

/// Data behind a raw lock.
pub struct Mutex<L, T: ?Sized> {
    raw: L,
    data: UnsafeCell<T>,
}

// SAFETY: the lock lets one thread at a time reach the data, so sharing the mutex sends the data.
unsafe impl<L: RawLock + Sync, T: Send + ?Sized> Sync for Mutex<L, T> {}

impl<L: RawLock, T> Mutex<L, T> {
    /// An open mutex around `data`.
    pub const fn new(data: T) -> Self {
        Self {
            raw: L::OPEN,
            data: UnsafeCell::new(data),
        }
    }

    /// Waits for the lock and returns the data under it.
    pub fn lock(&self) -> Guard<'_, L, T> {
        self.raw.lock();
        Guard::of(self)
    }

    /// The data, if the lock is open.
    pub fn try_lock(&self) -> Option<Guard<'_, L, T>> {
        self.raw.try_lock().then(|| Guard::of(self))
    }

    /// Takes the lock without a guard, to be opened by [`unlock_after_fork`](Self::unlock_after_fork).
    pub fn lock_for_fork(&self) {
        self.raw.lock();
    }

    /// [`lock_for_fork`](Self::lock_for_fork), if the lock is open; says whether it was.
    pub fn try_lock_for_fork(&self) -> bool {
        self.raw.try_lock()
    }

    /// Opens a lock that [`lock_for_fork`](Self::lock_for_fork) took.
    ///
    /// # Safety
    /// The calling thread took the lock with `lock_for_fork`, in this process or in its parent at the fork.
    pub unsafe fn unlock_after_fork(&self) {
        // SAFETY: the caller holds the lock.
        unsafe { self.raw.unlock() }
    }

    /// The data under a lock that [`lock_for_fork`](Self::lock_for_fork) took.
    ///
    /// # Safety
    /// The calling thread took the lock so, and does not open it while the reference is used.
    pub unsafe fn held_for_fork(&self) -> &T {
        // SAFETY: the lock is held, so nobody else has a reference.
        unsafe { &*self.data.get() }
    }

    /// The data of a mutex that nobody else can reach.
    pub fn unshared(&mut self) -> &mut T {
        self.data.get_mut()
    }
}

/// Access to the data of a locked [`Mutex`], for the thread that locked it.
pub struct Guard<'a, L: RawLock, T> {
    mutex: &'a Mutex<L, T>,
    /// Neither `Send`, since some locks must be opened by the thread that took them, nor `Sync`, which would share the
    /// data of a mutex whose data need only be `Send`.
    this_thread: PhantomData<*mut T>,
}

impl<'a, L: RawLock, T> Guard<'a, L, T> {
    /// The guard of a mutex that the caller has just locked.
    fn of(mutex: &'a Mutex<L, T>) -> Self {
        Self {
            mutex,
            this_thread: PhantomData,
        }
    }
}

impl<L: RawLock, T> Deref for Guard<'_, L, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: a guard exists only while its lock is held, so nobody else has a reference to the data.
        unsafe { &*self.mutex.data.get() }
    }
}

impl<L: RawLock, T> DerefMut for Guard<'_, L, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: a guard exists only while its lock is held; `&mut self` makes this the only reference through it.
        unsafe { &mut *self.mutex.data.get() }
    }
}

impl<L: RawLock, T> Drop for Guard<'_, L, T> {
    fn drop(&mut self) {
        // SAFETY: a guard is made only by a `lock` that succeeded, and dropped once.
        unsafe { self.mutex.raw.unlock() }
    }
}
