//! Mistakes of the program, found when a block is given back.

mod fence;
mod quarantine;
mod violation;

use core::alloc::Layout;
use core::ptr::NonNull;

use fence::{Fence, Header};
use heap::Heap;
use quarantine::{Freed, Quarantine};
pub use violation::Violation;

/// A heap that puts a fence around each block and keeps the last `QUARANTINE` freed blocks back for a while, so that it
/// can tell what a program does wrong.
///
/// It reports and goes on: what to do about a violation is for the function to decide that it was made with. From the
/// program it asks less than [`Heap`] does: a live block may be given back with another layout and after writes up to 16
/// bytes behind it or 24 in front, and a block in quarantine may be written to and given back again. Toward the heap below
/// it keeps the contract all the same: a block freed twice goes back once, one freed with another layout goes back with its
/// own, and one whose header is damaged stays out.
///
/// What it cannot see: reads, writes far from any block, and a second free after the block has left the quarantine (its
/// memory is then the heap's below, or another block's; most often the report is [`Violation::WrittenInFront`]).
pub struct Checked<H: Heap, const QUARANTINE: usize = 64> {
    quarantine: Quarantine<QUARANTINE>,
    report: fn(Violation),
    below: H,
}

impl<H: Heap, const QUARANTINE: usize> Checked<H, QUARANTINE> {
    /// Checks the blocks of `below`. `report` is called with each violation, and must not use this heap.
    pub const fn new(below: H, report: fn(Violation)) -> Self {
        Self {
            quarantine: Quarantine::EMPTY,
            report,
            below,
        }
    }

    /// Gives every block in quarantine back to the heap below.
    #[cold]
    fn release_all(&mut self) {
        while let Some(freed) = self.quarantine.pop() {
            self.release(freed);
        }
    }

    /// Gives a block that has left the quarantine back to the heap below.
    fn release(&mut self, freed: Freed) {
        // SAFETY: the block was poisoned when it went into quarantine, and has been nobody's since.
        if let Some(offset) = unsafe { fence::damage_to_poison(freed.block, freed.layout) } {
            let block = freed.block.addr().get();
            (self.report)(Violation::WrittenAfterFree { block, offset });
        }
        if let Some(fence) = Fence::around(freed.layout) {
            // SAFETY: the block lies inside its fence.
            let outer = unsafe { freed.block.sub(fence.front) };
            // SAFETY: `allocate` took it from there with the layout of this fence.
            unsafe { self.below.deallocate(outer, fence.outer) };
        }
    }
}

// SAFETY: a block is the inside of a block of the heap below that is large enough and aligned enough for it and for its
// fence; it goes back once, with the same layout.
unsafe impl<H: Heap, const QUARANTINE: usize> Heap for Checked<H, QUARANTINE> {
    fn allocate(&mut self, layout: Layout) -> Option<NonNull<u8>> {
        let fence = Fence::around(layout)?;
        let outer = self.below.allocate(fence.outer).or_else(|| {
            // The quarantine must not be what there is no memory for.
            self.release_all();
            self.below.allocate(fence.outer)
        })?;
        // SAFETY: the front of the fence lies in the block.
        let block = unsafe { outer.add(fence.front) };
        // SAFETY: the block and its fence are ours, and nothing in them is used yet.
        unsafe { fence::erect(block, layout) };
        Some(block)
    }

    unsafe fn deallocate(&mut self, block: NonNull<u8>, layout: Layout) {
        let address = block.addr().get();
        if self.quarantine.contains(block) {
            return (self.report)(Violation::DoubleFree { block: address });
        }
        // SAFETY: `allocate` returned it inside a fence.
        let header: NonNull<Header> = unsafe { fence::header(block) };
        // SAFETY: `allocate` wrote the header, and the block is live, since it is not in quarantine.
        let header = unsafe { header.read() };
        let Some(allocated) = header.layout(block) else {
            return (self.report)(Violation::WrittenInFront { block: address });
        };
        if allocated != layout {
            (self.report)(Violation::WrongLayout {
                block: address,
                allocated,
                given: layout,
            });
        }
        // SAFETY: `allocated` is the layout with which the fence was erected.
        if let Some(offset) = unsafe { fence::damage_behind(block, allocated) } {
            (self.report)(Violation::WrittenBehind {
                block: address,
                offset,
            });
        }
        // SAFETY: the caller gives the block up.
        unsafe { fence::poison(block, allocated) };
        if let Some(oldest) = self.quarantine.push(Freed {
            block,
            layout: allocated,
        }) {
            self.release(oldest);
        }
    }
}

impl<H: Heap, const QUARANTINE: usize> Drop for Checked<H, QUARANTINE> {
    fn drop(&mut self) {
        self.release_all();
    }
}
