//! Stacks for our handler of faults.
//!
//! The kernel puts its frame on the stack that it finds, or on the program's alternate one. Either may end right below the frame, or
//! in memory of the program. Our handler runs on one of these instead; all signals are blocked there.

use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicU32, Ordering};

use crate::ground::system;

/// Bytes of a stack. The most is needed by a child of a fork that takes its step in the handler.
const SIZE: usize = 16 << 10;

/// Threads that can be in the handler at once; one more waits for a stack.
const COUNT: usize = 16;

/// Times that it looks again before it makes do with the stack that the kernel has chosen.
const TRIES: u32 = 1 << 12;

#[repr(C, align(4096))]
struct Stack(UnsafeCell<[u8; SIZE]>);

// SAFETY: the bytes are those of the thread that has claimed the stack.
unsafe impl Sync for Stack {}

static STACKS: [Stack; COUNT] = [const { Stack(UnsafeCell::new([0; SIZE])) }; COUNT];

/// A bit for each stack that is in use.
static TAKEN: AtomicU32 = AtomicU32::new(0);

/// The bits of all stacks.
const ALL: u32 = (1 << COUNT) - 1;

/// The end of a stack that nobody else uses; null when there is none for long.
pub(super) extern "C" fn take() -> *mut u8 {
    for _ in 0..TRIES {
        let free = !TAKEN.load(Ordering::Relaxed) & ALL;
        let lowest = free & free.wrapping_neg();
        // Acquire: what its last user did comes first.
        if lowest != 0 && TAKEN.fetch_or(lowest, Ordering::Acquire) & lowest == 0 {
            let stack = STACKS.get(lowest.trailing_zeros() as usize);
            return stack.map_or(core::ptr::null_mut(), |stack| {
                stack.0.get().cast::<u8>().wrapping_add(SIZE)
            });
        }
        if lowest == 0 {
            system::yield_now();
        }
    }
    core::ptr::null_mut()
}

/// Gives back the stack that ends at `end`, unless that is null.
pub(super) extern "C" fn give_back(end: *mut u8) {
    if !end.is_null() {
        let first = STACKS.as_ptr().addr();
        let index = (end.addr() - first) / SIZE - 1;
        TAKEN.fetch_and(!(1 << index), Ordering::Release);
    }
}

/// In the child of a fork: nobody is in the handler.
pub(crate) fn forget_others() {
    TAKEN.store(0, Ordering::Relaxed);
}
