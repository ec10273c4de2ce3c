//! Words of the program's memory that may not be there: a system call with a bad pointer fails with EFAULT, and what we do
//! before or after it must not end the program instead.
//!
//! Unlike [`peek`](crate::ground::peek::peek), this asks by a system call that filters let through: `rt_sigprocmask` copies the mask in
//! before it looks at what is to be done with it, and the old one out.

use core::ptr::{null, null_mut};

use arena::os::syscall;
use arena::{Linux, Os};
use libc::c_int;

use crate::ground::peek::{is_in_heap, is_on_stack};

/// Bytes of a word.
const WORD: usize = size_of::<u64>();

/// The kernel's size of a mask: one word.
const MASK: usize = WORD;

/// Nothing that `rt_sigprocmask` could do: it fails with EINVAL once it has read the mask.
const NOTHING: c_int = -1;

/// Whether all of the words at `place`, at most as many as a page has, are in frames or in the heap: then they may be read and
/// written. A page is there or not as a whole, so it is enough to look at both ends.
pub(crate) fn is_ours(place: *const u64, words: usize) -> bool {
    let (at, len) = (place.addr(), words * WORD);
    place.is_aligned()
        && (is_on_stack(at, len) || is_in_heap(at) && is_in_heap(at + len.saturating_sub(1)))
}

/// Whether the kernel finds all of the words at `place`, at most as many as a page has, when asked to `look` at some.
fn kernel_reaches(place: *const u64, words: usize, mut look: impl FnMut(usize) -> bool) -> bool {
    let (at, len) = (place.addr(), words * WORD);
    let is_in_one_page = at % Linux::PAGE_SIZE + len <= Linux::PAGE_SIZE;
    words == 0 || look(0) && (is_in_one_page || look(words - 1))
}

/// Copies as many words from `place` as there are in `words`, at most as many as a page has; says whether they were there.
pub(crate) fn copy_in(place: *const u64, words: &mut [u64]) -> bool {
    let is_readable = |index: usize| {
        let word = place.wrapping_add(index);
        // SAFETY: the kernel reads the word, if it is there, and does nothing.
        unsafe { sigprocmask(NOTHING, word, null_mut()) == -(libc::EINVAL as isize) }
    };
    if !is_ours(place, words.len()) && !kernel_reaches(place, words.len(), is_readable) {
        return false;
    }
    for (index, word) in words.iter_mut().enumerate() {
        let from = place.wrapping_add(index);
        // SAFETY: mapped, as was seen at both ends of what lies in two pages at most; any bytes are a word.
        *word = unsafe { from.read_unaligned() };
    }
    true
}

/// Writes `words` to `place`, if there is memory that may be written to.
pub(crate) fn copy_out(place: *mut u64, words: &[u64]) {
    let is_writable = |index: usize| {
        let word = place.wrapping_add(index);
        // SAFETY: the kernel writes a word there, which is overwritten below, or fails.
        unsafe { sigprocmask(NOTHING, null(), word) == 0 }
    };
    if !is_ours(place, words.len()) && !kernel_reaches(place, words.len(), is_writable) {
        return;
    }
    for (index, &word) in words.iter().enumerate() {
        let to = place.wrapping_add(index);
        // SAFETY: writable, as was seen, and the program's to be written by the call that we stand in front of.
        unsafe { to.write_unaligned(word) };
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
