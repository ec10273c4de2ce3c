#![doc = include_str!("../README.md")]
//!
//! * `heap`: the heap of the process; `word`: the calling thread's front end; `front`: how it gets one and gives it back;
//! * `blocks`: blocks as a program asks for them; `request`: what is asked for; `slow`: what is done when a thread has no answer at hand;
//! * `limit`: the most that the heap may have in use; `compact`: all that can be given back; `stats`: figures;
//! * `begin`: what is done once, so that meshing may begin; `fork`: the child's own copy of what is meshed.
#![no_std]

#[cfg(not(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64"),
    target_env = "gnu"
)))]
compile_error!("mesh-alloc is for Linux on x86-64 or AArch64 with glibc");

mod begin;
mod blocks;
mod compact;
mod fork;
mod front;
mod heap;
mod limit;
mod request;
mod slow;
mod stats;
mod word;

use core::alloc::{GlobalAlloc, Layout};
use core::ptr::{NonNull, null_mut};

use crate::heap::HEAP;
pub use stats::Stats;

/// The allocator: all values of this type are the one heap of the process.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mesh;

// SAFETY: slots are claimed for one taker each, and large blocks have runs of their own; classes are chosen by size and alignment. It
// does not unwind.
unsafe impl GlobalAlloc for Mesh {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        blocks::allocate(layout).map_or(null_mut(), NonNull::as_ptr)
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, _layout: Layout) {
        // SAFETY: the same contract.
        unsafe { blocks::free(block) };
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        blocks::allocate_zeroed(layout).map_or(null_mut(), NonNull::as_ptr)
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let Some(block) = NonNull::new(block) else {
            return null_mut();
        };
        // SAFETY: the same contract.
        let resized = unsafe { blocks::resize(block, layout, size) };
        resized.map_or(null_mut(), NonNull::as_ptr)
    }
}

impl Mesh {
    /// Bytes that a block has room for; `None` when no block can start there.
    pub fn usable_size(&self, block: NonNull<u8>) -> Option<usize> {
        HEAP.global().below().usable_size(block)
    }

    /// Gives back what can be given back: what the calling thread keeps, what meshing finds, and unused pages. Returns the number of bytes.
    pub fn compact(&self) -> usize {
        compact::compact()
    }

    /// Sets the most bytes that the heap may have in use from now on, or lifts that. Beyond it the heap is compacted first, and then a request is
    /// refused: [`alloc`](GlobalAlloc::alloc) returns null, and what reserves with `try_reserve` gets an error. Without one the program ends
    /// where it asks for more, as Rust programs do that have no memory.
    ///
    /// Each physical page counts once, large blocks count as if they were touched everywhere, and what threads keep counts too; records and
    /// tables, a few hundredths, do not. What is in use already stays. A child of `fork` has the limit for itself.
    ///
    /// ```
    /// #[global_allocator]
    /// static GLOBAL: mesh_alloc::Mesh = mesh_alloc::Mesh;
    ///
    /// GLOBAL.set_limit(Some(64 << 20));
    /// let mut bytes: Vec<u8> = Vec::new();
    /// assert!(bytes.try_reserve_exact(80 << 20).is_err());
    /// assert!(bytes.try_reserve_exact(40 << 20).is_ok());
    /// GLOBAL.set_limit(None);
    /// assert!(bytes.try_reserve_exact(80 << 20).is_ok());
    /// ```
    pub fn set_limit(&self, bytes: Option<usize>) {
        HEAP.global().pages().set_memory_limit(bytes);
    }

    /// What was [set](Self::set_limit), in whole pages.
    pub fn limit(&self) -> Option<usize> {
        HEAP.global().pages().memory_limit()
    }

    /// Ends meshing for good, when what comes next does not go with it (see the crate's page). What is meshed stays so; nothing moves any more when
    /// this returns.
    pub fn stop_meshing(&self) {
        begin::stop();
        while HEAP.global().is_in_cycle() {
            core::hint::spin_loop();
        }
    }

    /// Keeps the block at `block` on its physical pages until [`unpin`](Self::unpin): for memory that is handed to a device, locked, or known to
    /// another process by its pages. Pins are counted. False when no block is there.
    pub fn pin(&self, block: NonNull<u8>) -> bool {
        HEAP.global().below().pin(block.addr().get())
    }

    /// Ends one [`pin`](Self::pin); false when there is none.
    pub fn unpin(&self, block: NonNull<u8>) -> bool {
        HEAP.global().below().unpin(block.addr().get())
    }

    /// The figures of now.
    pub fn stats(&self) -> Stats {
        Stats::of_now()
    }
}
