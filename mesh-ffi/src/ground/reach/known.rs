//! Where the program's memory surely is, or was when it was last looked at.

use core::sync::atomic::{AtomicUsize, Ordering};

use arena::{Linux, Os};

use crate::ground::heap::HEAP;
use crate::ground::tls;

/// An address above all frames of the main thread; zero before it is known.
static STACK_END: AtomicUsize = AtomicUsize::new(0);

/// Notes an address above all frames of the main thread.
pub(crate) fn set_stack_end(address: usize) {
    STACK_END.store(address, Ordering::Relaxed);
}

/// How far above our own frame a value of the calling functions is looked for.
const NEAR: usize = 64 << 10;

/// Nothing else is mapped this close to the end of the main thread's stack: the kernel keeps a gap for it to grow.
const GAP: usize = 128 << 20;

/// Whether the bytes are in frames of functions that called us.
pub(super) fn is_on_stack(at: usize, len: usize) -> bool {
    let here = core::ptr::from_ref(&len).addr();
    let main = STACK_END.load(Ordering::Relaxed);
    // The block of a thread lies above its stack, in the same mapping; that of the main thread lies elsewhere.
    let end = if here < main && main - here < GAP {
        main
    } else {
        tls::thread_number()
    };
    here < at && at - here < NEAR && at + len <= end
}

/// Whether an object of ours, or the first page of one, is there.
pub(super) fn is_in_heap(at: usize) -> bool {
    let labels = HEAP.global().labels();
    let label = labels.page_at(at).map(|page| labels.label(page));
    label.is_some_and(|label| label.as_small().is_some() || label.is_large())
}

/// Pages that were found readable: each in the place of its number. A page may have gone since.
static READABLE: [AtomicUsize; 64] = [const { AtomicUsize::new(NOWHERE) }; 64];

/// No page has this number.
const NOWHERE: usize = usize::MAX;

fn place(page: usize) -> &'static AtomicUsize {
    &READABLE[page % READABLE.len()]
}

/// Whether the page with this address in it was found readable once.
pub(super) fn was_readable(at: usize) -> bool {
    let page = at / Linux::PAGE_SIZE;
    // Relaxed: a hint. A page that has gone faults, as it may with any hint.
    place(page).load(Ordering::Relaxed) == page
}

/// Notes that it was.
pub(super) fn note_readable(at: usize) {
    let page = at / Linux::PAGE_SIZE;
    place(page).store(page, Ordering::Relaxed);
}
