//! Threads that wait for each other. What the C library has by another name is called by that; its semaphores, locks of readers
//! and writers, and the functions of C11 are a few words around others.

use core::ffi::{c_char, c_int, c_void};
use core::mem::transmute;
use core::ptr::{null, null_mut};
use core::sync::atomic::{AtomicU64, Ordering};

use arena::os::syscall;
use libc::{clockid_t, sem_t, timespec};

use crate::ground::errno;

use super::StandIn;
use super::calls::cancellable;
use super::linked::linked;

/// The C library's `pthread_join` in all its forms.
type Join =
    unsafe extern "C" fn(usize, *mut *mut c_void, clockid_t, *const timespec, bool) -> c_int;

/// Waits for the end of a thread.
///
/// # Safety
/// As for `pthread_clockjoin_np`.
unsafe fn joined(
    thread: usize,
    result: *mut *mut c_void,
    clock: clockid_t,
    until: *const timespec,
) -> c_int {
    let join = linked!("__pthread_clockjoin_ex")();
    if join.is_null() {
        return libc::ENOSYS;
    }
    // SAFETY: the C library's function of this name.
    let join = unsafe { transmute::<*mut c_void, Join>(join) };
    // SAFETY: the same contract.
    unsafe { join(thread, result, clock, until, true) }
}

unsafe extern "C" fn pthread_join(thread: usize, result: *mut *mut c_void) -> c_int {
    // SAFETY: the same contract.
    unsafe { joined(thread, result, libc::CLOCK_REALTIME, null()) }
}

unsafe extern "C" fn pthread_timedjoin(
    thread: usize,
    result: *mut *mut c_void,
    until: *const timespec,
) -> c_int {
    // SAFETY: the same contract.
    unsafe { joined(thread, result, libc::CLOCK_REALTIME, until) }
}

unsafe extern "C" fn pthread_clockjoin(
    thread: usize,
    result: *mut *mut c_void,
    clock: clockid_t,
    until: *const timespec,
) -> c_int {
    // SAFETY: the same contract.
    unsafe { joined(thread, result, clock, until) }
}

/// What C11 calls an error number.
fn as_c11(error: c_int) -> c_int {
    match error {
        0 => 0,
        libc::ENOMEM => 3,
        libc::ETIMEDOUT => 4,
        libc::EBUSY => 1,
        _ => 2,
    }
}

unsafe extern "C" fn thrd_join(thread: usize, result: *mut c_int) -> c_int {
    let mut returned = null_mut::<c_void>();
    // SAFETY: the same contract.
    let error = unsafe { pthread_join(thread, &raw mut returned) };
    if error == 0 && !result.is_null() {
        // SAFETY: valid for a write when not null (contract).
        unsafe { result.write(returned.addr() as c_int) };
    }
    as_c11(error)
}

unsafe extern "C" fn cnd_wait(condition: *mut c_void, mutex: *mut c_void) -> c_int {
    type Wait = unsafe extern "C" fn(*mut c_void, *mut c_void) -> c_int;
    let wait = linked!("__pthread_cond_wait")();
    if wait.is_null() {
        return as_c11(libc::ENOSYS);
    }
    // SAFETY: the C library's function of this name.
    let wait = unsafe { transmute::<*mut c_void, Wait>(wait) };
    // SAFETY: the same contract: the types of C11 are those of POSIX.
    as_c11(unsafe { wait(condition, mutex) })
}

unsafe extern "C" fn cnd_timedwait(
    condition: *mut c_void,
    mutex: *mut c_void,
    until: *const timespec,
) -> c_int {
    type Wait = unsafe extern "C" fn(*mut c_void, *mut c_void, *const timespec) -> c_int;
    let wait = linked!("__pthread_cond_timedwait")();
    if wait.is_null() {
        return as_c11(libc::ENOSYS);
    }
    // SAFETY: the C library's function of this name.
    let wait = unsafe { transmute::<*mut c_void, Wait>(wait) };
    // SAFETY: as above.
    as_c11(unsafe { wait(condition, mutex, until) })
}

/// The C library's lock of readers and writers, as far as its beginning sets it.
const LOCK_WORDS: usize = 14;
/// Which of its 32-bit words says that processes share it, and which whom it prefers.
const SHARED: usize = 7;
const KIND: usize = 12;

unsafe extern "C" fn pthread_rwlock_init(lock: *mut i32, attributes: *const [c_int; 2]) -> c_int {
    // SAFETY: room for a lock (contract).
    unsafe { lock.write_bytes(0, LOCK_WORDS) };
    // SAFETY: valid attributes when not null (contract): whom it prefers, and whether it is shared.
    if let Some([kind, shared]) = unsafe { attributes.as_ref() } {
        // SAFETY: as above.
        unsafe { lock.wrapping_add(KIND).write(*kind) };
        // SAFETY: as above.
        unsafe { lock.wrapping_add(SHARED).write(c_int::from(*shared != 0)) };
    }
    0
}

/// The C library's semaphore: its value, and how many wait in the upper half; then which kind of futex it is.
#[repr(C)]
struct Semaphore {
    state: AtomicU64,
    flag: c_int,
}

/// One more who waits.
const WAITER: u64 = 1 << 32;

/// A semaphore of one process, and one that several share.
const PRIVATE: c_int = 0;
const SHARED_FLAG: c_int = libc::FUTEX_PRIVATE_FLAG;

unsafe extern "C" fn sem_init(semaphore: *mut sem_t, shared: c_int, value: u32) -> c_int {
    if value > i32::MAX as u32 {
        errno::set(libc::EINVAL);
        return -1;
    }
    let made = Semaphore {
        state: AtomicU64::new(u64::from(value)),
        flag: if shared == 0 { PRIVATE } else { SHARED_FLAG },
    };
    // SAFETY: room for a semaphore (contract), which has more than these words.
    unsafe { semaphore.cast::<Semaphore>().write(made) };
    0
}

impl Semaphore {
    /// Takes one, for somebody who counts as `waiting`; says whether there was one.
    fn take(&self, waiting: u64) -> bool {
        let mut state = self.state.load(Ordering::Relaxed);
        while state as u32 != 0 {
            let new = state - 1 - waiting;
            match self
                .state
                .compare_exchange_weak(state, new, Ordering::Acquire, Ordering::Relaxed)
            {
                Ok(_) => return true,
                Err(now) => state = now,
            }
        }
        false
    }

    /// Takes one, and waits for it until then.
    fn wait(&self, clock: clockid_t, until: *const timespec) -> c_int {
        if self.take(0) {
            return 0;
        }
        self.state.fetch_add(WAITER, Ordering::Relaxed);
        // A shared one has the flag that a futex of one process has: the two exclude each other.
        let mut operation = libc::FUTEX_WAIT_BITSET | (libc::FUTEX_PRIVATE_FLAG ^ self.flag);
        if clock == libc::CLOCK_REALTIME {
            operation |= libc::FUTEX_CLOCK_REALTIME;
        }
        let word = core::ptr::from_ref(&self.state).expose_provenance();
        let any = u32::MAX as usize;
        loop {
            if self.take(WAITER) {
                return 0;
            }
            let arguments = [
                word,
                operation as usize,
                0,
                until.expose_provenance(),
                0,
                any,
            ];
            // SAFETY: the kernel reads the word and the time.
            let error = -unsafe { syscall(libc::SYS_futex, arguments) } as c_int;
            if !matches!(error, 0 | libc::EAGAIN) {
                self.state.fetch_sub(WAITER, Ordering::Relaxed);
                errno::set(error);
                return -1;
            }
        }
    }
}

unsafe extern "C" fn sem_clockwait(
    semaphore: *mut sem_t,
    clock: clockid_t,
    until: *const timespec,
) -> c_int {
    // SAFETY: the program's semaphore (contract).
    let semaphore = unsafe { &*semaphore.cast::<Semaphore>() };
    semaphore.wait(clock, until)
}

unsafe extern "C" fn sem_timedwait(semaphore: *mut sem_t, until: *const timespec) -> c_int {
    // SAFETY: the same contract.
    unsafe { sem_clockwait(semaphore, libc::CLOCK_REALTIME, until) }
}

unsafe extern "C" fn pthread_getname(_thread: usize, buffer: *mut c_char, len: usize) -> c_int {
    const LONGEST: usize = 16;
    if len < LONGEST {
        return libc::ERANGE;
    }
    // The calling thread's: of another one the kernel's number is not known here.
    let place = buffer.expose_provenance();
    let arguments = [libc::PR_GET_NAME as usize, place, 0, 0, 0, 0];
    -cancellable(libc::SYS_prctl, arguments) as c_int
}

/// All of them.
pub(super) const ALL: &[StandIn] = &[
    StandIn::new(c"pthread_join", pthread_join as *const ()),
    StandIn::new(c"pthread_timedjoin_np", pthread_timedjoin as *const ()),
    StandIn::new(c"pthread_clockjoin_np", pthread_clockjoin as *const ()),
    StandIn::new(c"thrd_join", thrd_join as *const ()),
    StandIn::linked(c"pthread_cond_init", linked!("__pthread_cond_init")),
    StandIn::linked(c"pthread_cond_wait", linked!("__pthread_cond_wait")),
    StandIn::linked(
        c"pthread_cond_timedwait",
        linked!("__pthread_cond_timedwait"),
    ),
    StandIn::linked(
        c"pthread_cond_clockwait",
        linked!("__pthread_cond_clockwait"),
    ),
    StandIn::new(c"cnd_wait", cnd_wait as *const ()),
    StandIn::new(c"cnd_timedwait", cnd_timedwait as *const ()),
    StandIn::linked(c"pthread_mutex_init", linked!("__pthread_mutex_init")),
    StandIn::new(c"pthread_rwlock_init", pthread_rwlock_init as *const ()),
    StandIn::linked(c"pthread_barrier_init", linked!("__pthread_barrier_init")),
    StandIn::linked(c"pthread_barrier_wait", linked!("__pthread_barrier_wait")),
    StandIn::new(c"sem_init", sem_init as *const ()),
    StandIn::linked(c"sem_wait", linked!("__new_sem_wait")),
    StandIn::new(c"sem_timedwait", sem_timedwait as *const ()),
    StandIn::new(c"sem_clockwait", sem_clockwait as *const ()),
    StandIn::linked(
        c"pthread_getaffinity_np",
        linked!("__pthread_getaffinity_np"),
    ),
    StandIn::new(c"pthread_getname_np", pthread_getname as *const ()),
    StandIn::linked(
        c"pthread_attr_getsigmask_np",
        linked!("__pthread_attr_getsigmask_np"),
    ),
];
