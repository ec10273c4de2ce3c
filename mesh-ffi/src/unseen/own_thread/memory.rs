//! What the thread lies on: a stack, and a block for thread-local words, the C library's `errno` among them.
//!
//! ```text
//!   guard │ stack ◄── │ below the thread pointer │ thread block, from there on
//! ```
//!
//! On which side of the pointer the words are is the processor's matter.

use core::ptr::NonNull;
use core::sync::atomic::{AtomicPtr, Ordering};

use arena::Linux;
use arena::os::{Access, Advice, Os, Purpose};

use crate::ground::errno;
use crate::ground::heap::{HEAP, system_page};
use crate::ground::tls;

use super::spawn::OWN_ADDRESS;

/// Bytes of the stack. A cycle needs little.
const STACK: usize = 256 << 10;

/// The memory, which stays for the next thread; null before the first.
static MAPPED: AtomicPtr<u8> = AtomicPtr::new(core::ptr::null_mut());

/// Memory for one thread.
pub(super) struct Memory {
    start: NonNull<u8>,
    /// The thread pointer, from the start on.
    block: usize,
}

impl Memory {
    /// The memory of the one thread that there can be; `None` when the system has none.
    pub(super) fn of_thread() -> Option<Self> {
        let sides = Sides::of_words();
        let guard = system_page();
        let block = guard + STACK + sides.below;
        if let Some(start) = NonNull::new(MAPPED.load(Ordering::Acquire)) {
            return Some(Self { start, block });
        }
        let len = block + sides.above;
        let os = HEAP.global().pages().os();
        let start = os.reserve(len, Access::ReadWrite).ok()?;
        os.name(start, len, Purpose::Work);
        // SAFETY: the range was just mapped, and nobody uses it.
        let guarded = unsafe { os.protect(start, guard, Access::None) };
        if guarded.is_err() {
            // SAFETY: mapped above, and nobody uses it.
            let _ = unsafe { os.unmap(start, len) };
            return None;
        }
        let _ = os.advise(start, len, Advice::NotInDumps);
        let memory = Self { start, block };
        let block = memory.thread_block();
        for &word in OWN_ADDRESS {
            let place = core::ptr::with_exposed_provenance_mut::<usize>(block).wrapping_add(word);
            // SAFETY: inside of the block, which has a page.
            unsafe { place.write(block) };
        }
        MAPPED.store(start.as_ptr(), Ordering::Release);
        Some(memory)
    }

    /// The end of the stack, from which it grows down.
    pub(super) fn stack_end(&self) -> usize {
        self.start.as_ptr().expose_provenance() + system_page() + STACK
    }

    /// The address of the thread block.
    pub(super) fn thread_block(&self) -> usize {
        self.start.as_ptr().expose_provenance() + self.block
    }
}

/// Bytes on both sides of the thread pointer, whole pages. The C library's first few words there are looked at by compiled code.
struct Sides {
    below: usize,
    above: usize,
}

impl Sides {
    /// With room for the words that this library uses: its own, and the C library's `errno`.
    fn of_words() -> Self {
        let pointer = tls::thread_number();
        let words = [tls::lowest_word(), tls::highest_word(), errno::address()];
        let room = |distance: fn(usize, usize) -> usize| {
            let distances = words.map(|word| distance(pointer, word));
            let furthest = distances.into_iter().fold(0, usize::max);
            (furthest + Linux::PAGE_SIZE).next_multiple_of(Linux::PAGE_SIZE)
        };
        Self {
            below: room(|pointer, word| pointer.saturating_sub(word)),
            above: room(|pointer, word| word.saturating_sub(pointer)),
        }
    }
}
