//! A system call publishes what it may write to for as long as it runs: see the crate `hazard`.

use core::hint::black_box;
use core::mem::MaybeUninit;

use hazard::{HazardRecord, Place};

use crate::ground::heap::HEAP;
use crate::ground::tls::{self, Standing};
use crate::ground::{errno, process, system, thread};
use crate::unseen::written::{MOST, Written};

/// Makes `call`, which may let the kernel write to `written`. No mesh touches that meanwhile.
///
/// The call may be left by `longjmp`, or by the end of its thread.
#[inline(always)]
pub(crate) fn during<R>(written: &Written, call: impl FnOnce() -> R) -> R {
    let mut places = Places::UNUSED;
    let is_something = !written.is_nothing();
    let publisher = match is_something {
        true => enter(written, &mut places),
        false => Publisher::Nobody,
    };
    let result = call();
    // Not known any more, or the compiler would make the call in two places, in each of some hundred functions.
    if black_box(is_something) {
        leave(publisher, &places, written);
    }
    result
}

/// Where a call has published its ranges. They stay where they are on the stack: their addresses are the call's frames.
struct Places([MaybeUninit<Place>; MOST]);

const _: () = assert!(size_of::<Place>() >= 16, "frames must be apart");

impl Places {
    const UNUSED: Self = Self([const { MaybeUninit::uninit() }; MOST]);

    /// One for each range of `written`.
    fn used(&self, written: &Written) -> &[MaybeUninit<Place>] {
        self.0.get(..written.ranges().len()).unwrap_or(&[])
    }
}

/// Who published.
#[derive(Clone, Copy)]
enum Publisher {
    /// The thread's own record.
    Own(&'static HazardRecord),
    /// A record for the time of the call.
    Borrowed(&'static HazardRecord),
    /// There was no memory for a record.
    Nobody,
}

#[inline(never)]
fn enter(written: &Written, places: &mut Places) -> Publisher {
    let pages = HEAP.global().pages();
    let publisher = match tls::hazards() {
        Some(record) => Publisher::Own(record),
        None => borrow(),
    };
    match publisher {
        Publisher::Own(record) | Publisher::Borrowed(record) => {
            for (place, &range) in places.0.iter_mut().zip(written.ranges()) {
                let frame = core::ptr::from_ref(place).addr();
                place.write(record.publish(frame, range));
            }
        }
        Publisher::Nobody => pages.hazards().enter_unrecorded(),
    }
    pages.hazards().fence_of_call();
    // Acquire, in `phase`: what a mesh did that has ended comes first.
    if !pages.barrier().phase().is_multiple_of(2) {
        wait_for_mesh();
    }
    publisher
}

#[inline(never)]
fn leave(publisher: Publisher, places: &Places, written: &Written) {
    let hazards = HEAP.global().pages().hazards();
    let (Publisher::Own(record) | Publisher::Borrowed(record)) = publisher else {
        return hazards.leave_unrecorded();
    };
    for place in places.used(written) {
        // SAFETY: `enter` wrote a place for each range, and these are as many.
        record.withdraw(unsafe { place.assume_init_ref() });
    }
    if let Publisher::Borrowed(record) = publisher {
        hazards.give_back_if_idle(record, tls::thread_number());
    }
}

/// A record for a thread that has none: its own from now on, or one for the time of the call. The latter for threads that
/// are about to end, and in signal handlers over a slow path of ours.
#[cold]
fn borrow() -> Publisher {
    if !tls::inside() && matches!(tls::standing(), Standing::Idle) {
        let _ = errno::preserved(|| tls::within(thread::front));
        if let Some(record) = tls::hazards() {
            return Publisher::Own(record);
        }
    }
    let record = HEAP.global().pages().take_record(tls::thread_number());
    record.map_or(Publisher::Nobody, Publisher::Borrowed)
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
        system::yield_now();
    }
}

/// In the child of a fork: only the calls of this thread are under way.
pub(crate) fn keep_own() {
    let hazards = HEAP.global().pages().hazards();
    hazards.keep_only(tls::thread_number());
}
