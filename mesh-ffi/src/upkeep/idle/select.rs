//! `select` and `pselect`.
//!
//! The kernel writes to the sets that it is given, so a part of a wait is made with copies. What it finds is written to the
//! program's own sets; where that might fail they go to the kernel themselves, as they do at the end.

use core::ptr::{null, null_mut};

use arena::Os;
use arena::os::syscall;
use libc::{c_int, fd_set, sigset_t, timespec, timeval};

use crate::ground::heap::HEAP;
use crate::ground::next::next;
use crate::ground::reach::{copy_in, copy_out, is_ours};
use crate::unseen::hazards::during;
use crate::unseen::rest::{Caller, resting_if};
use crate::unseen::signals::ForKernel;
use crate::unseen::waits::schedule::Span;
use crate::unseen::waits::upkeep::upkeep;
use crate::unseen::written::Written;
use crate::upkeep::asked;

use super::parts::{Call, waiting};
use super::times::{Time, time_of_ns};

next!(fn next_select = c"select"(count: c_int, read: *mut fd_set, write: *mut fd_set, except: *mut fd_set, timeout: *mut timeval) -> c_int);
next!(fn next_pselect = c"pselect"(count: c_int, read: *mut fd_set, write: *mut fd_set, except: *mut fd_set, timeout: *const timespec, mask: *const sigset_t) -> c_int);

/// Bits of a word of a set.
const BITS: usize = u64::BITS as usize;

/// A copy of a set. Larger ones than that of the C library are not copied.
type Copied = [u64; libc::FD_SETSIZE / BITS];

const _: () = assert!(size_of::<Copied>() == size_of::<fd_set>());

/// The sets of a call, those to read, to write and with exceptions. A null pointer is an empty set.
#[derive(Clone, Copy)]
struct Sets {
    /// Files that are looked at in each.
    count: c_int,
    places: [*mut fd_set; 3],
}

impl Sets {
    /// What the kernel writes to.
    fn written(self) -> Written {
        let [read, write, except] = self.places;
        Written::NOTHING.object(read).object(write).object(except)
    }

    /// Whether the sets are larger than those of the C library, so that they are not copied.
    fn are_large(self) -> bool {
        usize::try_from(self.count).is_ok_and(|count| count > libc::FD_SETSIZE)
    }

    /// Copies what the sets are now to `copies`; false when they are large, or not there.
    fn copy(self, copies: &mut [Copied; 3]) -> bool {
        let words = usize::try_from(self.count).map_or(usize::MAX, |count| count.div_ceil(BITS));
        self.places.iter().zip(copies).all(|(place, copy)| {
            place.is_null()
                || copy
                    .get_mut(..words)
                    .is_some_and(|copy| copy_in(place.cast(), copy))
        })
    }

    /// Waits for the program's sets, for so many nanoseconds, or without end.
    ///
    /// # Safety
    /// As for `pselect`.
    unsafe fn wait(self, nanoseconds: Option<u64>, mask: *const sigset_t) -> c_int {
        let [read, write, except] = self.places;
        let time = nanoseconds.map(time_of_ns);
        let time = time.as_ref().map_or(null(), core::ptr::from_ref);
        // SAFETY: the same contract; the time lives across the call.
        let select = || unsafe { next_pselect(self.count, read, write, except, time, mask) };
        during(&self.written(), select)
    }

    /// The addresses of `copies` in the places of the program's sets.
    fn places_of(self, copies: &mut [Copied; 3]) -> [*mut fd_set; 3] {
        let mut places = [null_mut::<fd_set>(); 3];
        for ((place, own), copy) in places.iter_mut().zip(self.places).zip(copies) {
            if !own.is_null() {
                *place = copy.as_mut_ptr().cast();
            }
        }
        places
    }

    /// Waits for so many nanoseconds for what the program's sets say, which become what was found only if that is something.
    ///
    /// # Safety
    /// As for `pselect`.
    #[inline(never)]
    unsafe fn part(self, nanoseconds: u64, mask: *const sigset_t) -> Part {
        let mut copies = [[0; _]; 3];
        if !self.copy(&mut copies) {
            return Part::Impossible;
        }
        let [read, write, except] = self.places_of(&mut copies);
        let time = time_of_ns(nanoseconds);
        // SAFETY: the copies are as large as `count` asks for; the mask is the caller's.
        let ready = unsafe { next_pselect(self.count, read, write, except, &raw const time, mask) };
        // SAFETY: the same contract.
        if ready <= 0 || unsafe { self.report(&copies) } {
            Part::Over(ready)
        } else {
            Part::Ready
        }
    }

    /// Looks, without a wait, for what the program's sets say, which become what was found if that is something. A negative number:
    /// only a wait can tell.
    ///
    /// # Safety
    /// As for `pselect`.
    #[inline(never)]
    unsafe fn look(self) -> c_int {
        if self.count == 0 {
            return 0;
        }
        let mut copies = [[0; _]; 3];
        if !self.copy(&mut copies) {
            return -1;
        }
        let [read, write, except] = self.places_of(&mut copies).map(<*mut _>::expose_provenance);
        let mut no_time = time_of_ns(0);
        let time = (&raw mut no_time).expose_provenance();
        let arguments = [self.count as usize, read, write, except, time, 0];
        // SAFETY: the copies are as large as `count` asks for.
        let found = unsafe { syscall(libc::SYS_pselect6, arguments) };
        // SAFETY: the same contract.
        if found <= 0 || unsafe { self.report(&copies) } {
            found as c_int
        } else {
            -1
        }
    }

    /// Writes what was `found` to the program's sets, if they are where that cannot fail; says whether they are.
    ///
    /// # Safety
    /// As for `pselect`, which would write the same.
    unsafe fn report(self, found: &[Copied; 3]) -> bool {
        let words = self.count.unsigned_abs().div_ceil(u64::BITS) as usize;
        let is_ours = |place: &*mut fd_set| place.is_null() || is_ours(place.cast(), words);
        if !self.places.iter().all(is_ours) {
            return false;
        }
        let sets = self.places.iter().zip(found);
        for (place, found) in sets.filter(|(place, _)| !place.is_null()) {
            for (word, &found) in found.iter().take(words).enumerate() {
                let place = place.cast::<u64>().wrapping_add(word);
                // What the kernel left alone may be no part of the set: it looks at no more files than there can be.
                // SAFETY: readable, as was seen.
                if unsafe { place.read() } != found {
                    // SAFETY: writable, as was seen, and the kernel has written to the copy's word.
                    unsafe { place.write(found) };
                }
            }
        }
        true
    }
}

/// What came of a part of a wait.
enum Part {
    /// What the call returns.
    Over(c_int),
    /// Something was found, and is still to be written to the program's sets.
    Ready,
    /// The sets are large, or not there: only the program's own call can be made.
    Impossible,
}

/// What came of a wait.
pub(super) struct Waited {
    pub(super) result: c_int,
    /// Nanoseconds that were left; `None` if the program's own call was made, or there is no end.
    pub(super) left: Option<u64>,
}

/// A sleep is a wait for no file.
///
/// # Safety
/// `as_asked` is the call as the program made it, which returns zero, or a negative number and sets `errno`.
#[inline(always)]
pub(super) unsafe fn sleep_in_parts(time: Time, as_asked: impl Fn() -> c_int) -> Waited {
    let places = [null_mut(); 3];
    // SAFETY: there are no sets; without a mask that of the thread holds.
    unsafe { wait_in_parts(Sets { count: 0, places }, time, &ForKernel::NONE, as_asked) }
}

/// Waits for `sets` under `mask`, in parts when there is something else to do; `as_asked` is the call as the program made it.
///
/// # Safety
/// As for `pselect`.
#[inline(always)]
unsafe fn wait_in_parts(
    sets: Sets,
    time: Time,
    mask: &ForKernel,
    as_asked: impl Fn() -> c_int,
) -> Waited {
    if sets.are_large() {
        let may_sleep = time.milliseconds() != 0;
        if may_sleep {
            let _ = upkeep(time.wait());
        }
        let result = resting_if(may_sleep, Caller::Anybody, as_asked);
        return Waited { result, left: None };
    }
    let clock = || HEAP.global().pages().os().clock_ns();
    let end_from_now = || Some(clock().saturating_add(time.nanoseconds()?));
    // A signal may end the whole call, after which its rest is made.
    let mut whole = false;
    let mut end = asked::is_watching().then(end_from_now).flatten();
    let left = |end: Option<u64>| end.map(|end| end.saturating_sub(clock()));
    let wait = |span: Span| {
        let most = match span {
            // The whole call was made, and nothing happened.
            _ if whole => return 0,
            Span::Part(most) | Span::Rest(most) => Some(most),
            Span::AsAsked => None,
        };
        let part = most.map(|most| {
            end = end.or_else(end_from_now);
            match u64::try_from(most) {
                Ok(most) if sets.count > 0 => {
                    let most = left(end).unwrap_or(u64::MAX).min(most * 1_000_000);
                    // SAFETY: the same contract.
                    unsafe { sets.part(most, mask.pointer()) }
                }
                // There is nothing to copy, or that is left unchanged.
                most => {
                    let most = most.ok().map(|most| most * 1_000_000);
                    let most = left(end).into_iter().chain(most).min();
                    // SAFETY: the same contract.
                    Part::Over(unsafe { sets.wait(most, mask.pointer()) })
                }
            }
        });
        match part {
            Some(Part::Over(result)) => result,
            // It may be gone again, and then nothing has happened.
            // SAFETY: the same contract.
            Some(Part::Ready) => unsafe { sets.wait(Some(0), mask.pointer()) },
            Some(Part::Impossible) | None => {
                let result = as_asked();
                whole = result >= 0 || !asked::is_watching();
                result
            }
        }
    };
    // SAFETY: the same contract.
    let look = || unsafe { sets.look() };
    let call = Call {
        wait,
        look,
        mask: mask.word(),
    };
    let result = waiting(time.milliseconds(), call);
    let result = if whole || result != 0 {
        result
    } else {
        // Nothing was ready until the end; the program's sets say so after this.
        // SAFETY: the same contract.
        unsafe { sets.wait(left(end), mask.pointer()) }
    };
    let left = if whole { None } else { left(end) };
    Waited { result, left }
}

/// `select`. As the kernel does, it leaves in `timeout` what was left of it.
///
/// # Safety
/// As for the function of the C library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn select(
    count: c_int,
    read: *mut fd_set,
    write: *mut fd_set,
    except: *mut fd_set,
    timeout: *mut timeval,
) -> c_int {
    let places = [read, write, except];
    let sets = Sets { count, places };
    let time = Time::at(timeout, Time::of_timeval);
    let written = sets.written().object(timeout);
    // SAFETY: the same contract.
    let own = || unsafe { next_select(count, read, write, except, timeout) };
    let as_asked = || during(&written, own);
    // SAFETY: the same contract; no mask is asked for.
    let waited = unsafe { wait_in_parts(sets, time, &ForKernel::NONE, as_asked) };
    if let Some(left) = waited.left {
        let left = [left / 1_000_000_000, left % 1_000_000_000 / 1_000];
        copy_out(timeout.cast(), &left);
    }
    waited.result
}

/// `pselect`.
///
/// # Safety
/// As for the function of the C library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pselect(
    count: c_int,
    read: *mut fd_set,
    write: *mut fd_set,
    except: *mut fd_set,
    timeout: *const timespec,
    mask: *const sigset_t,
) -> c_int {
    let places = [read, write, except];
    let sets = Sets { count, places };
    let time = Time::at(timeout, Time::of_timespec);
    // SAFETY: null or valid (contract).
    let mask = unsafe { ForKernel::new(mask) };
    let written = sets.written();
    // SAFETY: the same contract; the mask lives across the call.
    let own = || unsafe { next_pselect(count, read, write, except, timeout, mask.pointer()) };
    let as_asked = || during(&written, own);
    // SAFETY: the same contract; the mask lives across the call.
    unsafe { wait_in_parts(sets, time, &mask, as_asked) }.result
}

const _: () = assert!(size_of::<timeval>() == 2 * size_of::<u64>());
