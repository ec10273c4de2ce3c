//! Functions in which a thread waits for another one.
//!
//! Handlers may call none of them. What waits with a futex of its own comes by `syscall` (`futexes`).

use core::ffi::c_void;

use libc::{
    c_int, clockid_t, pthread_barrier_t, pthread_cond_t, pthread_mutex_t, pthread_t, sem_t,
    timespec,
};

use crate::ground::next::next;
use crate::unseen::rest::{Caller, resting};

/// Declares functions of the C library in which the calling thread waits for another one.
macro_rules! waiting {
    ($($function:ident = $name:literal ($($argument:ident : $type:ty),* $(,)?);)*) => {$(
        $crate::ground::only_shared::only_shared!($function);
        /// The function of the C library of this name.
        ///
        /// # Safety
        /// As for that function.
        pub(crate) unsafe extern "C" fn $function($($argument: $type),*) -> c_int {
            next!(fn next = $name($($argument: $type),*) -> c_int);
            // SAFETY: the same contract.
            resting(Caller::NoHandler, || unsafe { next($($argument),*) })
        }
    )*};
}

waiting! {
    pthread_cond_wait = c"pthread_cond_wait"(condition: *mut pthread_cond_t, mutex: *mut pthread_mutex_t);
    pthread_cond_timedwait = c"pthread_cond_timedwait"(
        condition: *mut pthread_cond_t, mutex: *mut pthread_mutex_t, until: *const timespec,
    );
    pthread_cond_clockwait = c"pthread_cond_clockwait"(
        condition: *mut pthread_cond_t, mutex: *mut pthread_mutex_t, clock: clockid_t, until: *const timespec,
    );
    pthread_join = c"pthread_join"(thread: pthread_t, result: *mut *mut c_void);
    pthread_timedjoin_np = c"pthread_timedjoin_np"(
        thread: pthread_t, result: *mut *mut c_void, until: *const timespec,
    );
    pthread_clockjoin_np = c"pthread_clockjoin_np"(
        thread: pthread_t, result: *mut *mut c_void, clock: clockid_t, until: *const timespec,
    );
    pthread_barrier_wait = c"pthread_barrier_wait"(barrier: *mut pthread_barrier_t);
    sem_wait = c"sem_wait"(semaphore: *mut sem_t);
    sem_timedwait = c"sem_timedwait"(semaphore: *mut sem_t, until: *const timespec);
    sem_clockwait = c"sem_clockwait"(semaphore: *mut sem_t, clock: clockid_t, until: *const timespec);
    cnd_wait = c"cnd_wait"(condition: *mut c_void, mutex: *mut c_void);
    cnd_timedwait = c"cnd_timedwait"(condition: *mut c_void, mutex: *mut c_void, until: *const timespec);
    thrd_join = c"thrd_join"(thread: pthread_t, result: *mut c_int);
    thrd_sleep = c"thrd_sleep"(time: *const timespec, left: *mut timespec);
}
