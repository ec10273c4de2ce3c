//! What the C library calls around its `fork`.
//!
//! It calls handlers before a fork last come, first served, so ours, which are registered at the first request of the process, are
//! among the last: those of others may still allocate. After it they are among the first.

use core::cell::UnsafeCell;

use arena::os::{Os, SignalMask, syscall};
use globalheap::Standing;
use meshheap::{Fork, Writers};

use crate::heap::HEAP;

/// The status of a child that has no copies of its own.
const NO_MEMORY: usize = 127;

/// The fork under way. Written by the thread that forks, while it holds all locks; read in the child, where it is the only thread.
struct UnderWay(UnsafeCell<Option<(Fork, SignalMask)>>);

// SAFETY: one thread at a time holds the locks for a fork (see the type).
unsafe impl Sync for UnderWay {}

static UNDER_WAY: UnderWay = UnderWay(UnsafeCell::new(None));

impl UnderWay {
    fn take(&self) -> Option<(Fork, SignalMask)> {
        // SAFETY: the calling thread prepared the fork, in this process or in its parent.
        unsafe { &mut *self.0.get() }.take()
    }
}

/// Registers the handlers; says whether the C library has them.
pub(crate) fn register() -> bool {
    // SAFETY: the handlers are functions of a program that stays.
    unsafe { libc::pthread_atfork(Some(before), Some(after), Some(after_in_child)) == 0 }
}

extern "C" fn before() {
    let heap = HEAP.global();
    // A handler of the program's could allocate.
    let mask = heap.pages().os().block_signals();
    let hold_still = || {
        let begun = heap.begin_fork(Standing::Outside);
        HEAP.lock_for_fork(Standing::Outside);
        // SAFETY: begun by this thread, which does not use the heap before the fork has ended.
        unsafe { heap.prepare_fork(begun, Writers::OtherThreads) }
    };
    let fork = heap.pages().run_aside_or_here(hold_still);
    // SAFETY: this thread holds all locks, so no other one is here.
    unsafe { *UNDER_WAY.0.get() = Some((fork, mask)) };
}

extern "C" fn after() {
    let Some((fork, mask)) = UNDER_WAY.take() else {
        return;
    };
    let heap = HEAP.global();
    // SAFETY: prepared by this thread, and this is the parent.
    let let_go = || unsafe { heap.parent_after_fork(fork) };
    heap.pages().run_aside_or_here(let_go);
    // SAFETY: `before` took it.
    unsafe { HEAP.unlock_after_fork() };
    heap.pages().os().restore_signals(mask);
}

extern "C" fn after_in_child() {
    let Some((fork, mask)) = UNDER_WAY.take() else {
        return;
    };
    let heap = HEAP.global();
    heap.pages().nobody_is_aside();
    // SAFETY: prepared by this thread, and this is the child.
    let adopt = || unsafe { heap.child_after_fork(fork) };
    if heap.pages().run_aside_or_here(adopt).is_err() {
        end();
    }
    // SAFETY: `before` took it, in the parent.
    unsafe { HEAP.unlock_after_fork() };
    heap.pages().os().restore_signals(mask);
}

/// Ends a child that has no copies of its own, so that it cannot write to its parent's.
fn end() -> ! {
    const WORDS: &[u8] = b"mesh: no memory for the child of a fork\n";
    let words = [
        libc::STDERR_FILENO as usize,
        WORDS.as_ptr().expose_provenance(),
        WORDS.len(),
        0,
        0,
        0,
    ];
    // SAFETY: the kernel reads the words.
    let _ = unsafe { syscall(libc::SYS_write, words) };
    loop {
        // SAFETY: ends the process.
        let _ = unsafe { syscall(libc::SYS_exit_group, [NO_MEMORY, 0, 0, 0, 0, 0]) };
    }
}
