//! What the thread lies on: a stack, and a block for thread-local words, the C library's `errno` among them.
//!
//! ```text
//!   guard │ stack ◄── │ words, which lie below the thread pointer │ thread block: its own address
//! ```

use core::ptr::NonNull;
use core::sync::atomic::{AtomicPtr, Ordering};

use arena::Linux;
use arena::os::{Access, Advice, Os, Purpose};

use crate::ground::errno;
use crate::ground::heap::HEAP;
use crate::ground::tls;

/// Bytes of the stack. A cycle needs little.
const STACK: usize = 256 << 10;

/// Bytes of the thread block, of which the C library's first few words are looked at by compiled code.
const BLOCK: usize = Linux::PAGE_SIZE;

/// The memory, which stays for the next thread; null before the first.
static MAPPED: AtomicPtr<u8> = AtomicPtr::new(core::ptr::null_mut());

/// Memory for one thread.
pub(super) struct Memory {
    start: NonNull<u8>,
    len: usize,
}

impl Memory {
    /// The memory of the one thread that there can be; `None` when the system has none.
    pub(super) fn of_thread() -> Option<Self> {
        let len = Linux::PAGE_SIZE + STACK + words() + BLOCK;
        if let Some(start) = NonNull::new(MAPPED.load(Ordering::Acquire)) {
            return Some(Self { start, len });
        }
        let os = HEAP.global().pages().os();
        let start = os.reserve(len, Access::ReadWrite).ok()?;
        os.name(start, len, Purpose::Work);
        // SAFETY: the range was just mapped, and nobody uses it.
        let guarded = unsafe { os.protect(start, Linux::PAGE_SIZE, Access::None) };
        if guarded.is_err() {
            // SAFETY: mapped above, and nobody uses it.
            let _ = unsafe { os.unmap(start, len) };
            return None;
        }
        let _ = os.advise(start, len, Advice::NotInDumps);
        let memory = Self { start, len };
        let block = memory.thread_block();
        // x86-64: the first word of a thread's block is its own address, and so is the third (glibc's `self`).
        for word in [0, 2] {
            let place = core::ptr::with_exposed_provenance_mut::<usize>(block).wrapping_add(word);
            // SAFETY: inside of the last page of the mapping.
            unsafe { place.write(block) };
        }
        MAPPED.store(start.as_ptr(), Ordering::Release);
        Some(memory)
    }

    /// The end of the stack, from which it grows down.
    pub(super) fn stack_end(&self) -> usize {
        self.start.as_ptr().expose_provenance() + Linux::PAGE_SIZE + STACK
    }

    /// The address of the thread block.
    pub(super) fn thread_block(&self) -> usize {
        self.start.as_ptr().expose_provenance() + self.len - BLOCK
    }
}

/// Bytes below the thread pointer in which the words lie that this library uses: its own, and the C library's `errno`.
fn words() -> usize {
    let pointer = tls::thread_number();
    let lowest = tls::lowest_word().min(errno::address());
    (pointer.saturating_sub(lowest) + Linux::PAGE_SIZE).next_multiple_of(Linux::PAGE_SIZE)
}
