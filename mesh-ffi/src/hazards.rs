//! A system call publishes what it may write to for as long as it runs: see the crate `hazard`.

use core::mem::MaybeUninit;

use hazard::{Place, Record};

use crate::errno;
use crate::process::{self, HEAP};
use crate::tls::{self, Standing};
use crate::written::{MOST, Written};

/// Makes `call`, which may let the kernel write to `written`. No mesh touches that meanwhile.
///
/// The call may be left by `longjmp`, or by the end of its thread.
#[inline(always)]
pub(crate) fn during<R>(written: &Written, call: impl FnOnce() -> R) -> R {
    if written.is_nothing() {
        return call();
    }
    let mut stay = MaybeUninit::uninit();
    let stay = enter(written, &mut stay);
    let result = call();
    leave(stay);
    result
}

/// What a call has published. It stays where it is on the stack: the addresses of its places are the call's frames.
struct Stay {
    /// None when there was no memory for one.
    record: Option<&'static Record>,
    /// Whether the thread has no record to keep, and gives this one back.
    borrowed: bool,
    places: [MaybeUninit<Place>; MOST],
    count: usize,
}

const _: () = assert!(size_of::<Place>() >= 16, "frames must be apart");

#[inline(never)]
fn enter<'a>(written: &Written, stay: &'a mut MaybeUninit<Stay>) -> &'a Stay {
    let (record, borrowed) = match tls::hazards() {
        Some(record) => (Some(record), false),
        None => borrow(),
    };
    let stay = stay.write(Stay {
        record,
        borrowed,
        places: [const { MaybeUninit::uninit() }; MOST],
        count: 0,
    });
    let pages = HEAP.global().pages();
    match record {
        Some(record) => {
            for (place, &range) in stay.places.iter_mut().zip(written.ranges()) {
                let frame = core::ptr::from_ref(place).addr();
                place.write(record.publish(frame, range));
                stay.count += 1;
            }
        }
        None => pages.hazards().enter_unrecorded(),
    }
    pages.hazards().fence_of_call();
    // Acquire, in `phase`: what a mesh did that has ended comes first.
    if !pages.barrier().phase().is_multiple_of(2) {
        wait_for_mesh();
    }
    stay
}

#[inline(never)]
fn leave(stay: &Stay) {
    let hazards = HEAP.global().pages().hazards();
    let Some(record) = stay.record else {
        return hazards.leave_unrecorded();
    };
    for place in stay.places.iter().take(stay.count) {
        // SAFETY: `enter` wrote so many places.
        record.withdraw(unsafe { place.assume_init_ref() });
    }
    if stay.borrowed {
        hazards.give_back_if_idle(record, tls::thread_number());
    }
}

/// A record for a thread that has none: its own from now on, or one for the time of the call. The latter for threads that
/// are about to end, and in signal handlers over a slow path of ours.
#[cold]
fn borrow() -> (Option<&'static Record>, bool) {
    if !tls::inside() && matches!(tls::standing(), Standing::Idle) {
        let _ = errno::preserved(|| tls::within(process::front));
        if let Some(record) = tls::hazards() {
            return (Some(record), false);
        }
    }
    (
        HEAP.global().pages().take_record(tls::thread_number()),
        true,
    )
}

/// Waits until no mesh is under way that may not have seen what was published.
#[cold]
fn wait_for_mesh() {
    let pages = HEAP.global().pages();
    if process::is_ours() {
        let _ = pages.barrier().wait_out(pages.os());
        return;
    }
    // A child that shares its parent's memory waits as well. One that came in a way unknown to us, in the middle of a mesh
    // of its parent's, has nobody who would end it.
    for _ in 0..1 << 14 {
        if pages.barrier().phase().is_multiple_of(2) {
            return;
        }
        // SAFETY: has no preconditions.
        unsafe { libc::sched_yield() };
    }
}

/// Gives the calling thread a record to keep.
pub(crate) fn attach() {
    tls::set_hazards(HEAP.global().pages().take_record(tls::thread_number()));
}

/// Takes the calling thread's record back: it is about to end.
pub(crate) fn retire() {
    if let Some(record) = tls::hazards() {
        tls::set_hazards(None);
        let hazards = HEAP.global().pages().hazards();
        hazards.give_back(record, tls::thread_number());
    }
}

/// In the child of a fork: only the calls of this thread are under way.
pub(crate) fn keep_own() {
    let hazards = HEAP.global().pages().hazards();
    hazards.keep_only(tls::thread_number());
}
