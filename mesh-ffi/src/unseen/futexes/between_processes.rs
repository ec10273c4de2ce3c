//! Locks that several processes may share.
//!
//! The kernel knows a futex that processes share by the physical page it lies on, so a thread that waits at one would not be
//! woken after a mesh. Whoever makes such a lock in the heap has its span pinned. Private futexes are known by their
//! address, and need nothing.

use core::ffi::c_void;

use libc::{
    c_int, c_uint, pthread_barrier_t, pthread_barrierattr_t, pthread_cond_t, pthread_condattr_t,
    pthread_mutex_t, pthread_mutexattr_t, pthread_rwlock_t, pthread_rwlockattr_t, sem_t,
};

use crate::ground::next::next;
use crate::ground::resolved::own;
use crate::unseen::pinning::pinned;

own!(fn mutex_shared = c"pthread_mutexattr_getpshared" or libc::pthread_mutexattr_getpshared, (attributes: *const pthread_mutexattr_t, value: *mut c_int) -> c_int);
own!(fn mutex_robust = c"pthread_mutexattr_getrobust" or libc::pthread_mutexattr_getrobust, (attributes: *const pthread_mutexattr_t, value: *mut c_int) -> c_int);
own!(fn mutex_protocol = c"pthread_mutexattr_getprotocol" or libc::pthread_mutexattr_getprotocol, (attributes: *const pthread_mutexattr_t, value: *mut c_int) -> c_int);
own!(fn condition_shared = c"pthread_condattr_getpshared" or libc::pthread_condattr_getpshared, (attributes: *const pthread_condattr_t, value: *mut c_int) -> c_int);
own!(fn barrier_shared = c"pthread_barrierattr_getpshared" or libc::pthread_barrierattr_getpshared, (attributes: *const pthread_barrierattr_t, value: *mut c_int) -> c_int);
own!(fn lock_shared = c"pthread_rwlockattr_getpshared" or pthread_rwlockattr_getpshared, (attributes: *const pthread_rwlockattr_t, value: *mut c_int) -> c_int);

/// Whether an attribute that `read` writes to its argument has the value `wanted`.
fn is(wanted: c_int, read: impl FnOnce(*mut c_int) -> c_int) -> bool {
    let mut value = 0;
    read(&raw mut value) == 0 && value == wanted
}

fn is_shared(read: impl FnOnce(*mut c_int) -> c_int) -> bool {
    is(libc::PTHREAD_PROCESS_SHARED, read)
}

/// Makes a lock by `make`, which is pinned if it is `shared`, and stays so unless that fails.
fn making<T>(object: *const T, shared: bool, make: impl FnOnce() -> c_int) -> c_int {
    if !shared {
        return make();
    }
    let failed = |result: c_int| (result != 0).then_some(libc::EINVAL);
    pinned(object.cast::<c_void>(), size_of::<T>(), failed, make)
}

/// `pthread_mutex_init`. Robust mutexes are pinned too: the kernel itself unlocks them, as shared ones. So are those that
/// inherit priorities: the kernel writes who has them, and would fail at a protected page.
///
/// # Safety
/// As for the function of the C library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pthread_mutex_init(
    mutex: *mut pthread_mutex_t,
    attributes: *const pthread_mutexattr_t,
) -> c_int {
    next!(fn next = c"pthread_mutex_init"(mutex: *mut pthread_mutex_t, attributes: *const pthread_mutexattr_t) -> c_int);
    // SAFETY: asked only where there are attributes, which are valid (contract).
    let shared = |value| unsafe { mutex_shared(attributes, value) };
    // SAFETY: asked only where there are attributes, which are valid (contract).
    let robust = |value| unsafe { mutex_robust(attributes, value) };
    // SAFETY: asked only where there are attributes, which are valid (contract).
    let protocol = |value| unsafe { mutex_protocol(attributes, value) };
    let stays = !attributes.is_null()
        && (is_shared(shared)
            || is(libc::PTHREAD_MUTEX_ROBUST, robust)
            || is(libc::PTHREAD_PRIO_INHERIT, protocol));
    // SAFETY: the same contract.
    making(mutex, stays, || unsafe { next(mutex, attributes) })
}

/// `pthread_cond_init`.
///
/// # Safety
/// As for the function of the C library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pthread_cond_init(
    condition: *mut pthread_cond_t,
    attributes: *const pthread_condattr_t,
) -> c_int {
    next!(fn next = c"pthread_cond_init"(condition: *mut pthread_cond_t, attributes: *const pthread_condattr_t) -> c_int);
    // SAFETY: valid attributes (contract), where there are some.
    let shared = |value| unsafe { condition_shared(attributes, value) };
    let shared = !attributes.is_null() && is_shared(shared);
    // SAFETY: the same contract.
    making(condition, shared, || unsafe { next(condition, attributes) })
}

/// `pthread_rwlock_init`.
///
/// # Safety
/// As for the function of the C library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pthread_rwlock_init(
    lock: *mut pthread_rwlock_t,
    attributes: *const pthread_rwlockattr_t,
) -> c_int {
    next!(fn next = c"pthread_rwlock_init"(lock: *mut pthread_rwlock_t, attributes: *const pthread_rwlockattr_t) -> c_int);
    // SAFETY: valid attributes (contract), where there are some.
    let shared = |value| unsafe { lock_shared(attributes, value) };
    let shared = !attributes.is_null() && is_shared(shared);
    // SAFETY: the same contract.
    making(lock, shared, || unsafe { next(lock, attributes) })
}

unsafe extern "C" {
    fn pthread_rwlockattr_getpshared(
        attributes: *const pthread_rwlockattr_t,
        shared: *mut c_int,
    ) -> c_int;
}

/// `pthread_barrier_init`.
///
/// # Safety
/// As for the function of the C library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pthread_barrier_init(
    barrier: *mut pthread_barrier_t,
    attributes: *const pthread_barrierattr_t,
    count: c_uint,
) -> c_int {
    next!(fn next = c"pthread_barrier_init"(barrier: *mut pthread_barrier_t, attributes: *const pthread_barrierattr_t, count: c_uint) -> c_int);
    // SAFETY: valid attributes (contract), where there are some.
    let shared = |value| unsafe { barrier_shared(attributes, value) };
    let shared = !attributes.is_null() && is_shared(shared);
    // SAFETY: the same contract.
    making(barrier, shared, || unsafe {
        next(barrier, attributes, count)
    })
}

/// `sem_init`.
///
/// # Safety
/// As for the function of the C library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sem_init(semaphore: *mut sem_t, shared: c_int, value: c_uint) -> c_int {
    next!(fn next = c"sem_init"(semaphore: *mut sem_t, shared: c_int, value: c_uint) -> c_int);
    // SAFETY: the same contract.
    making(semaphore, shared != 0, || unsafe {
        next(semaphore, shared, value)
    })
}
