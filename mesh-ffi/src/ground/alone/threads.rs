//! Locks of threads, as they are made.

use core::ffi::c_int;
use core::sync::atomic::AtomicU64;

use libc::sem_t;

use crate::ground::errno;

use super::StandIn;
use super::linked::linked;

/// Words of the C library's lock of readers and writers, as far as its beginning sets it.
const LOCK_WORDS: usize = 14;
/// Which of its 32-bit words says that processes share it, and which whom it prefers.
const SHARED: usize = 7;
const KIND: usize = 12;

unsafe extern "C" fn pthread_rwlock_init(lock: *mut i32, attributes: *const [c_int; 2]) -> c_int {
    // SAFETY: room for a lock (contract).
    unsafe { lock.write_bytes(0, LOCK_WORDS) };
    // SAFETY: valid attributes when not null (contract): whom it prefers, and whether it is shared.
    if let Some([kind, shared]) = unsafe { attributes.as_ref() } {
        // SAFETY: `KIND` is one of the lock's words.
        unsafe { lock.wrapping_add(KIND).write(*kind) };
        // SAFETY: `SHARED` is one of the lock's words.
        unsafe { lock.wrapping_add(SHARED).write(c_int::from(*shared != 0)) };
    }
    0
}

/// The C library's semaphore: its value, and how many wait in the upper half; then whether it is one that processes share.
#[repr(C)]
struct Semaphore {
    state: AtomicU64,
    shared: c_int,
}

unsafe extern "C" fn sem_init(semaphore: *mut sem_t, shared: c_int, value: u32) -> c_int {
    if value > i32::MAX as u32 {
        errno::set(libc::EINVAL);
        return -1;
    }
    let made = Semaphore {
        state: AtomicU64::new(u64::from(value)),
        shared: if shared == 0 {
            0
        } else {
            libc::FUTEX_PRIVATE_FLAG
        },
    };
    // SAFETY: room for a semaphore (contract), which has more than these words.
    unsafe { semaphore.cast::<Semaphore>().write(made) };
    0
}

/// All of them.
pub(super) const ALL: &[StandIn] = &[
    StandIn::linked(c"pthread_cond_init", linked!("__pthread_cond_init")),
    StandIn::linked(c"pthread_mutex_init", linked!("__pthread_mutex_init")),
    StandIn::new(c"pthread_rwlock_init", pthread_rwlock_init as *const ()),
    StandIn::linked(c"pthread_barrier_init", linked!("__pthread_barrier_init")),
    StandIn::new(c"sem_init", sem_init as *const ()),
    StandIn::linked(
        c"pthread_attr_getsigmask_np",
        linked!("__pthread_attr_getsigmask_np"),
    ),
];
