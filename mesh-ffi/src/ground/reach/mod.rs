//! Words of the program's memory that may not be there: a system call with a bad pointer fails with EFAULT, and what we do
//! before or after it must not end the program instead.
//!
//! ```text
//!  a place ── in our frames, in the heap, in a page that was readable once ──► read
//!     │                                                                          └─ a fault: not there (`guarded`)
//!     └── else ──► the kernel is asked to read a word of it ──► not there, or noted as readable, and read
//! ```
//!
//! The kernel is asked first, since not every fault is a SIGSEGV: beyond the end of a file it is SIGBUS, which is the program's. It is asked
//! by a call that filters let through: `rt_sigprocmask` copies the mask in before it looks at what is to be done with it, and
//! the old one out. The program's own filter, which may let through nothing but what the program calls, is not tried.

mod guarded;
mod known;

use core::mem::MaybeUninit;
use core::ptr::{null, null_mut};
use core::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use arena::os::syscall;
use arena::{Linux, Os};
use libc::c_int;

pub(crate) use guarded::after_fault_at;
pub(crate) use known::set_stack_end;
use known::{is_in_heap, is_on_stack, note_readable, was_readable};

/// Bytes of a word.
const WORD: usize = size_of::<u64>();

/// The kernel's size of a mask: one word.
const MASK: usize = WORD;

/// Nothing that `rt_sigprocmask` could do: it fails with EINVAL once it has read the mask.
const NOTHING: c_int = -1;

/// Whether our handler answers faults.
static GUARDED: AtomicBool = AtomicBool::new(false);

/// Filters of system calls that the program has installed, and those that it is about to.
static FILTERS: AtomicU32 = AtomicU32::new(0);

/// Notes that our handler of SIGSEGV is in place.
pub(crate) fn set_guarded() {
    // Release: pairs with the acquire load of `is_guarded`.
    GUARDED.store(true, Ordering::Release);
}

/// Whether our handler of SIGSEGV is in place. Before that nothing is ever meshed.
#[inline]
pub(crate) fn is_guarded() -> bool {
    GUARDED.load(Ordering::Acquire)
}

/// Notes that the program asks for a filter of system calls: from now on the kernel is asked for nothing that can be done without.
pub(crate) fn expect_filter() {
    FILTERS.fetch_add(1, Ordering::Relaxed);
}

/// Takes an [`expect_filter`] back: the program did not get the filter.
pub(crate) fn forget_filter() {
    FILTERS.fetch_sub(1, Ordering::Relaxed);
}

/// Whether the program has a filter of system calls of its own, or is about to have one.
pub(crate) fn is_filtered() -> bool {
    FILTERS.load(Ordering::Relaxed) > 0
}

/// Whether all of the words at `place`, at most as many as a page has, are in frames or in the heap: then they may be read and
/// written. A page is there or not as a whole, so it is enough to look at both ends.
pub(crate) fn is_ours(place: *const u64, words: usize) -> bool {
    let (at, len) = (place.addr(), words * WORD);
    place.is_aligned()
        && (is_on_stack(at, len) || is_in_heap(at) && is_in_heap(at + len.saturating_sub(1)))
}

/// Whether the kernel finds all of the words at `place`, at most as many as a page has, when asked to `look` at some.
fn kernel_reaches(place: *const u64, words: usize, look: impl Fn(*const u64) -> bool) -> bool {
    let (at, len) = (place.addr(), words * WORD);
    let is_in_one_page = at % Linux::PAGE_SIZE + len <= Linux::PAGE_SIZE;
    look(place) && (is_in_one_page || look(place.wrapping_add(words - 1)))
}

/// Whether the kernel can read the word at `place`; a page where it can is noted.
#[cold]
fn is_readable(place: *const u64) -> bool {
    // SAFETY: the kernel reads the word, if it is there, and does nothing.
    let readable = unsafe { sigprocmask(NOTHING, place, null_mut()) == -(libc::EINVAL as isize) };
    // A word on a border is in two pages, of which the second may be looked at on its own.
    if readable {
        note_readable(place.addr());
    }
    readable
}

/// Whether the kernel can write a word to `place`, which is overwritten next.
#[cold]
fn is_writable(place: *const u64) -> bool {
    // SAFETY: the kernel writes a word there, which is the program's to be overwritten, or fails.
    unsafe { sigprocmask(NOTHING, null(), place.cast_mut()) == 0 }
}

/// Whether the words at `place`, at most as many as a page has, may be read, as far as is known.
#[inline]
fn may_be_read(place: *const u64, words: usize) -> bool {
    let (at, last) = (place.addr(), place.addr().wrapping_add(words * WORD - 1));
    if is_guarded() {
        let is_known = was_readable(at) && was_readable(last);
        if is_known || is_ours(place, words) || is_filtered() {
            return true;
        }
    }
    kernel_reaches(place, words, is_readable)
}

/// Copies as many words from `place` as there are in `words`, at most as many as a page has; says whether they were there.
#[inline]
pub(crate) fn copy_in(place: *const u64, words: &mut [u64]) -> bool {
    let count = words.len();
    if count == 0 {
        return true;
    }
    // SAFETY: the words are the program's for a system call to read; without the handler they were seen to be there.
    may_be_read(place, count) && unsafe { guarded::copy(words.as_mut_ptr(), place, count) }
}

/// The value at `place`, of plain numbers and pointers; `None` if nothing is there.
#[inline]
pub(crate) fn peek<T: Copy>(place: *const T) -> Option<T> {
    const {
        assert!(size_of::<T>().is_multiple_of(WORD) && size_of::<T>() > 0);
        assert!(align_of::<T>() == WORD);
    }
    let mut value = MaybeUninit::<T>::uninit();
    let words = size_of::<T>() / WORD;
    // SAFETY: the words are the program's for a system call to read, or were seen to be there; the value is as large as so many.
    let is_there = may_be_read(place.cast(), words)
        && unsafe { guarded::copy(value.as_mut_ptr().cast(), place.cast(), words) };
    // SAFETY: all of it was written, and any bytes are a value.
    is_there.then(|| unsafe { value.assume_init() })
}

/// Writes `words`, at most as many as a page has, to `place`, if there is memory that may be written to.
pub(crate) fn copy_out(place: *mut u64, words: &[u64]) {
    let count = words.len();
    if count == 0 {
        return;
    }
    let may_fault = is_guarded() && (is_filtered() || is_ours(place, count));
    if may_fault || kernel_reaches(place, count, is_writable) {
        // SAFETY: the words are the program's to be written by the call that we stand in front of; without the handler they
        // were seen to be there.
        unsafe { guarded::copy(place, words.as_ptr(), count) };
    }
}

/// The system call; a negated error number when it fails.
///
/// # Safety
/// `new` may point anywhere. The word at `old` may be overwritten, if there is one.
unsafe fn sigprocmask(how: c_int, new: *const u64, old: *mut u64) -> isize {
    let (new, old) = (new.expose_provenance(), old.expose_provenance());
    // SAFETY: the kernel fails where it cannot read or write.
    unsafe {
        syscall(
            libc::SYS_rt_sigprocmask,
            [how as usize, new, old, MASK, 0, 0],
        )
    }
}
