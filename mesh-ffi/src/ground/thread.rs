//! The calling thread's front end: made when it is first needed, taken back when the thread ends.

use core::ffi::{c_int, c_void};
use core::mem::transmute;
use core::ptr::{NonNull, null_mut};
use core::sync::atomic::{AtomicPtr, AtomicU32, Ordering};

use heap::ThreadLocalHeap;
use libc::pthread_key_t;

use crate::ground::apart;
use crate::ground::heap::{Front, HEAP};
use crate::ground::resolved::own;
use crate::ground::tls::{self, Standing};

own!(fn key_create = c"pthread_key_create" or libc::pthread_key_create, (key: *mut pthread_key_t, destructor: Option<unsafe extern "C" fn(*mut c_void)>) -> c_int);
own!(fn key_delete = c"pthread_key_delete" or libc::pthread_key_delete, (key: pthread_key_t) -> c_int);
own!(fn set_specific = c"pthread_setspecific" or libc::pthread_setspecific, (key: pthread_key_t, value: *const c_void) -> c_int);

/// The calling thread's front end, made now if it can have one, and woken if it rests. To be called in a slow path.
pub(crate) fn front() -> Option<NonNull<Front>> {
    match tls::standing() {
        Standing::Attached(front) => Some(front),
        // A handler, while the front end is about to rest or to wake up.
        Standing::Asleep(_) if tls::inside_twice() => None,
        Standing::Asleep(front) => {
            // SAFETY: the calling thread's own.
            unsafe { HEAP.wake(front) };
            tls::set_awake(front);
            Some(front)
        }
        Standing::Retired => None,
        // Before the constructor, so that the fast path gives out nothing.
        Standing::Idle if apart::is_everything() => None,
        Standing::Idle => attach(),
    }
}

/// What is done in each thread when it gets its front end; null for nothing.
static BEGINNING: AtomicPtr<()> = AtomicPtr::new(null_mut());

/// Names what is to be done in each thread when it gets its front end.
pub(crate) fn begin_with(act: fn()) {
    BEGINNING.store(act as *mut (), Ordering::Relaxed);
}

fn attach() -> Option<NonNull<Front>> {
    let front = HEAP.attach()?;
    // Written before anything is called that may allocate.
    tls::set_heap(front);
    at_thread_end(front);
    take_record();
    let beginning = BEGINNING.load(Ordering::Relaxed);
    if !beginning.is_null() {
        // SAFETY: `begin_with` stored a function of this type.
        let act = unsafe { transmute::<*mut (), fn()>(beginning) };
        act();
    }
    Some(front)
}

/// Arranges for the thread's slots to come back when it ends.
fn at_thread_end(front: NonNull<Front>) {
    static KEY: AtomicU32 = AtomicU32::new(0);
    // Key numbers are kept one higher, so that zero means that there is none yet.
    let mut known = KEY.load(Ordering::Acquire);
    if known == 0 {
        let mut key = 0;
        // SAFETY: writes one key; the destructor is a function of this library, which is never unloaded.
        if unsafe { key_create(&raw mut key, Some(thread_ends)) } != 0 {
            // No keys left: the slots of threads that end stay claimed.
            return;
        }
        known = match KEY.compare_exchange(0, key + 1, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => key + 1,
            Err(other) => {
                // SAFETY: made above, and used by nobody.
                unsafe { key_delete(key) };
                other
            }
        };
    }
    // SAFETY: the key exists and is never deleted.
    unsafe { set_specific(known - 1, front.as_ptr().cast_const().cast()) };
}

unsafe extern "C" fn thread_ends(_: *mut c_void) {
    if let Standing::Attached(front) | Standing::Asleep(front) = tls::standing() {
        tls::retire();
        tls::within(|| {
            // SAFETY: it was attached by this thread, whose word was the only pointer to it.
            unsafe { HEAP.detach(front) };
        });
        give_record_back();
    }
}

/// Gives the calling thread a record to keep, in which it publishes hazards.
fn take_record() {
    tls::set_hazards(HEAP.global().pages().take_record(tls::thread_number()));
}

/// Takes the calling thread's record back: it is about to end.
fn give_record_back() {
    if let Some(record) = tls::hazards() {
        tls::set_hazards(None);
        let hazards = HEAP.global().pages().hazards();
        hazards.give_back(record, tls::thread_number());
    }
}
