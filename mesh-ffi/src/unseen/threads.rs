//! Functions in which a thread waits for another one.
//!
//! Handlers may call none of them. What waits with a futex of its own comes by `syscall` (`futexes`).

use core::ffi::c_void;
use core::ptr::null;

use libc::{
    c_int, clockid_t, pthread_barrier_t, pthread_cond_t, pthread_mutex_t, pthread_t, sem_t,
    timespec,
};

use crate::ground::next::next;
use crate::unseen::rest::{Caller, resting};
use crate::unseen::waits::{conditions, semaphores, waited};

/// Declares functions of the C library in which the calling thread waits for another one, some with what comes before the call.
macro_rules! waiting {
    ($($function:ident = $name:literal ($($argument:ident : $type:ty),* $(,)?) $(, $before:expr)?;)*) => {$(
        $crate::ground::only_shared::only_shared!($function);
        /// The function of the C library of this name.
        ///
        /// # Safety
        /// As for that function.
        pub(crate) unsafe extern "C" fn $function($($argument: $type),*) -> c_int {
            next!(fn next = $name($($argument: $type),*) -> c_int);
            // SAFETY: the same contract.
            let call = || unsafe { next($($argument),*) };
            called!(call $(, $before)?)
        }
    )*};
}

/// The result of a call, and of what comes `before` it in a program that has time (`waits`).
macro_rules! called {
    ($call:ident) => {
        resting(Caller::NoHandler, $call)
    };
    ($call:ident, $before:expr) => {
        waited(Caller::NoHandler, || $before, $call)
    };
}

waiting! {
    pthread_cond_wait = c"pthread_cond_wait"(condition: *mut pthread_cond_t, mutex: *mut pthread_mutex_t), conditions::signalled(mutex.cast(), None, null());
    pthread_cond_timedwait = c"pthread_cond_timedwait"(
        condition: *mut pthread_cond_t, mutex: *mut pthread_mutex_t, until: *const timespec,
    ), conditions::signalled(mutex.cast(), None, until);
    pthread_cond_clockwait = c"pthread_cond_clockwait"(
        condition: *mut pthread_cond_t, mutex: *mut pthread_mutex_t, clock: clockid_t, until: *const timespec,
    ), conditions::signalled(mutex.cast(), Some(clock), until);
    pthread_join = c"pthread_join"(thread: pthread_t, result: *mut *mut c_void);
    pthread_timedjoin_np = c"pthread_timedjoin_np"(
        thread: pthread_t, result: *mut *mut c_void, until: *const timespec,
    );
    pthread_clockjoin_np = c"pthread_clockjoin_np"(
        thread: pthread_t, result: *mut *mut c_void, clock: clockid_t, until: *const timespec,
    );
    pthread_barrier_wait = c"pthread_barrier_wait"(barrier: *mut pthread_barrier_t);
    sem_wait = c"sem_wait"(semaphore: *mut sem_t), semaphores::posted(semaphore, libc::CLOCK_REALTIME, null());
    sem_timedwait = c"sem_timedwait"(semaphore: *mut sem_t, until: *const timespec), semaphores::posted(semaphore, libc::CLOCK_REALTIME, until);
    sem_clockwait = c"sem_clockwait"(semaphore: *mut sem_t, clock: clockid_t, until: *const timespec), semaphores::posted(semaphore, clock, until);
    cnd_wait = c"cnd_wait"(condition: *mut c_void, mutex: *mut c_void), conditions::signalled(mutex, None, null());
    cnd_timedwait = c"cnd_timedwait"(condition: *mut c_void, mutex: *mut c_void, until: *const timespec), conditions::signalled(mutex, None, until);
    thrd_join = c"thrd_join"(thread: pthread_t, result: *mut c_int);
}
