//! A word that the kernel wipes in each copy of this memory, and nowhere else.

use core::ptr::null_mut;
use core::sync::atomic::{AtomicPtr, AtomicU32, Ordering};

use arena::os::syscall;

/// The word; null while there is none, or where the kernel wipes nothing.
static MARK: AtomicPtr<AtomicU32> = AtomicPtr::new(null_mut());

/// Bytes of the page that it has to itself. Rounded up by the kernel where pages are larger.
const LEN: usize = 4096;

fn word() -> Option<&'static AtomicU32> {
    // SAFETY: null, or the start of a mapping of our own that stays.
    unsafe { MARK.load(Ordering::Acquire).as_ref() }
}

/// Whether the mark is there; `None` where there is no word for it.
pub(super) fn is_there() -> Option<bool> {
    // Relaxed: a copy sees what the kernel has left, which no other thread changes.
    word().map(|word| word.load(Ordering::Relaxed) != 0)
}

/// Sets the mark, if there is a word for it.
pub(super) fn set() {
    if let Some(word) = word() {
        word.store(1, Ordering::Relaxed);
    }
}

/// [`set`], after making the word if that was not done.
pub(super) fn make() {
    if word().is_none()
        && let Some(word) = map()
    {
        MARK.store(word, Ordering::Release);
    }
    set();
}

/// A page that is wiped in copies of this memory.
fn map() -> Option<*mut AtomicU32> {
    let access = libc::PROT_READ | libc::PROT_WRITE;
    let kind = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
    let arguments = [0, LEN, access as usize, kind as usize, usize::MAX, 0];
    // SAFETY: a mapping that nobody has yet.
    let mapped = unsafe { syscall(libc::SYS_mmap, arguments) };
    if mapped <= 0 {
        return None;
    }
    let page = mapped as usize;
    let arguments = [page, LEN, libc::MADV_WIPEONFORK as usize, 0, 0, 0];
    // SAFETY: mapped above; nobody knows it.
    if unsafe { syscall(libc::SYS_madvise, arguments) } != 0 {
        // SAFETY: mapped above; nobody knows it.
        let _ = unsafe { syscall(libc::SYS_munmap, [page, LEN, 0, 0, 0, 0]) };
        return None;
    }
    Some(core::ptr::with_exposed_provenance_mut(page))
}
