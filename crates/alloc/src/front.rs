//! The calling thread's front end: made when it is first needed, taken back when the thread ends.

use core::ffi::c_void;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicU32, Ordering};

use ::heap::ThreadLocalHeap;

use crate::begin;
use crate::heap::{Front, HEAP};
use crate::word::{self, Standing};

/// The calling thread's front end, made now if it can have one.
pub(crate) fn front() -> Option<NonNull<Front>> {
    match word::standing() {
        Standing::Attached(front) => Some(front),
        Standing::Retired => None,
        Standing::Idle => attach(),
    }
}

#[cold]
fn attach() -> Option<NonNull<Front>> {
    let front = HEAP.attach()?;
    // Written before anything is called that may allocate.
    word::attach(front);
    at_thread_end(front);
    begin::begin();
    Some(front)
}

/// Arranges for the thread's slots to come back when it ends, after the destructors of its thread-local variables.
fn at_thread_end(front: NonNull<Front>) {
    /// The key's number and one; zero as long as there is none.
    static KEY: AtomicU32 = AtomicU32::new(0);
    let mut known = KEY.load(Ordering::Acquire);
    if known == 0 {
        let mut key = 0;
        // SAFETY: writes one key; the destructor is a function of a program that stays.
        if unsafe { libc::pthread_key_create(&raw mut key, Some(thread_ends)) } != 0 {
            // No keys left: the slots of threads that end stay claimed.
            return;
        }
        // Acquire and release: whoever has the number finds the key made.
        known = match KEY.compare_exchange(0, key + 1, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => key + 1,
            Err(other) => {
                // SAFETY: made above, and used by nobody.
                unsafe { libc::pthread_key_delete(key) };
                other
            }
        };
    }
    // SAFETY: the key exists and is never deleted.
    unsafe { libc::pthread_setspecific(known - 1, front.as_ptr().cast_const().cast()) };
}

unsafe extern "C" fn thread_ends(_: *mut c_void) {
    if let Standing::Attached(front) = word::standing() {
        word::retire();
        // SAFETY: it was attached by this thread, whose word was the only pointer to it.
        unsafe { HEAP.detach(front) };
    }
}
