//! Memory that a thread registers once, and the kernel writes to at times of its own: at a preemption, at the thread's beginning or end.
//!
//! No call is under way then that could name it, and the kernel does not wait: not behind `mprotect`, and in a thread that ends
//! not behind `userfaultfd` either. What lies in a small object is pinned, before the kernel hears of it.

use core::ptr::without_provenance;

use libc::{CLONE_CHILD_CLEARTID, CLONE_CHILD_SETTID, CLONE_PARENT_SETTID, CLONE_PIDFD};

use crate::unseen::fork::wanted::Wanted;
use crate::unseen::futexes::kept::prepare_for_kernel;
use crate::unseen::futexes::marks;
use crate::unseen::pinning::{pin, unpin};
use crate::unseen::stop::{Reason, stop_if};

/// The flag of `rseq` with which an area is given up.
const RSEQ_FLAG_UNREGISTER: usize = 1;

/// Prepares the word that is cleared when a thread ends, with a wake of who waits there.
pub(crate) fn thread_word(word: usize) {
    prepare_for_kernel(word);
}

/// Prepares what a clone that shares this memory writes to.
pub(crate) fn words_of_clone(wanted: &Wanted) {
    if wanted.has(CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID) {
        thread_word(wanted.child);
    }
    if wanted.has(CLONE_PARENT_SETTID | CLONE_PIDFD) {
        for word in [wanted.parent, wanted.process_file] {
            pin(without_provenance(word), 1);
        }
    }
}

/// Makes the `call` of `rseq` for an area, which is pinned as long as it is registered.
pub(crate) fn rseq(area: usize, flags: usize, call: impl FnOnce() -> isize) -> isize {
    let area = without_provenance(area);
    let gives_up = flags & RSEQ_FLAG_UNREGISTER != 0;
    if !gives_up {
        pin(area, 1);
    }
    let result = call();
    if gives_up == (result == 0) {
        unpin(area, 1);
    }
    result
}

/// Makes the `call` of `set_robust_list`. Nobody knows which locks are on the list when the thread ends: then the kernel writes to them, and
/// wakes who waits.
pub(crate) fn robust_list(call: impl FnOnce() -> isize) -> isize {
    let result = stop_if(Reason::RobustList, |result| result == 0, call);
    if result == 0 {
        marks::set_all();
    }
    result
}
