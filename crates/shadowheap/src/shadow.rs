//! The record of what is live.

use std::alloc::Layout;
use std::collections::BTreeMap;
use std::ptr::NonNull;

use heap::Heap;

use crate::pattern::Pattern;

/// A live block of a heap under test.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Block {
    start: NonNull<u8>,
    layout: Layout,
    content: Pattern,
}

// SAFETY: a block is used by the one who has it in his shadow, and blocks may change threads.
unsafe impl Send for Block {}

impl Block {
    /// Panics if the content is not as it was written.
    fn verify(&self) {
        // SAFETY: the heap promises that the block is valid while it is live; `Shadow::allocate` filled it.
        let damage = unsafe { self.content.damage(self.start, self.layout.size()) };
        assert_eq!(damage, None, "this byte of {self:?} has changed");
    }
}

/// A heap, and what is known to be live in it. Every method panics when the heap breaks its promises.
pub struct Shadow<'a, H> {
    heap: &'a mut H,
    /// By address.
    live: BTreeMap<usize, Block>,
    next_pattern: usize,
}

impl<'a, H: Heap> Shadow<'a, H> {
    /// Nothing is live. Shadows of one heap in several threads get different `number`s, so that their contents differ.
    pub fn new(heap: &'a mut H, number: usize) -> Self {
        Self {
            heap,
            live: BTreeMap::new(),
            next_pattern: number * 1000,
        }
    }

    /// The number of live blocks.
    pub fn len(&self) -> usize {
        self.live.len()
    }

    /// Whether no block is live.
    pub fn is_empty(&self) -> bool {
        self.live.is_empty()
    }

    /// Asks for a block and writes to all of it; false when the heap refuses, which must leave everything as it was.
    pub fn allocate(&mut self, layout: Layout) -> bool {
        let Some(start) = self.heap.allocate(layout) else {
            self.verify();
            return false;
        };
        let content = Pattern::numbered(self.next_pattern);
        self.next_pattern += 1;
        let block = Block {
            start,
            layout,
            content,
        };
        self.adopt(block);
        // SAFETY: the heap has just handed out as many bytes, and nothing live lies there.
        unsafe { content.fill(start, layout.size()) };
        true
    }

    /// Gives back the `nth` live block in order of addresses, counted in a circle. Does nothing when there is none.
    pub fn deallocate(&mut self, nth: usize) {
        if let Some(block) = self.remove(nth) {
            block.verify();
            // SAFETY: the block was live in this heap and has left the record.
            unsafe { self.heap.deallocate(block.start, block.layout) };
        }
    }

    /// Moves the `nth` live block to one of another size, as far as it goes; false when there is no memory or no block.
    pub fn reallocate(&mut self, nth: usize, size: usize) -> bool {
        let Some(old) = self.nth(nth) else {
            return false;
        };
        let Ok(layout) = Layout::from_size_align(size, old.layout.align()) else {
            return false;
        };
        let Some(start) = self.heap.allocate(layout) else {
            self.verify();
            return false;
        };
        self.live.remove(&old.start.addr().get());
        let new = Block {
            start,
            layout,
            content: old.content,
        };
        // The old block is still live: the new one must not lie on it either.
        self.assert_apart(&new, &old);
        self.adopt(new);
        let kept = size.min(old.layout.size());
        // SAFETY: both blocks are live, apart, and have at least as many bytes.
        unsafe { start.copy_from_nonoverlapping(old.start, kept) };
        old.verify();
        // SAFETY: the old block was live in this heap and has left the record.
        unsafe { self.heap.deallocate(old.start, old.layout) };
        // SAFETY: this many bytes of the new block have been written.
        let damage = unsafe { old.content.damage(start, kept) };
        assert_eq!(damage, None, "this byte of the copy {new:?} has changed");
        // SAFETY: the block is live and has this size.
        unsafe { new.content.fill(start, size) };
        true
    }

    /// Panics if the content of any live block is not as it was written.
    pub fn verify(&self) {
        self.live.values().for_each(Block::verify);
    }

    /// Gives back all live blocks, lowest address first.
    pub fn deallocate_all(&mut self) {
        while !self.live.is_empty() {
            self.deallocate(0);
        }
    }

    /// Records a block that has become live.
    pub(crate) fn adopt(&mut self, block: Block) {
        let start = block.start.addr().get();
        assert_eq!(start % block.layout.align(), 0, "{block:?} lies askew");
        assert!(
            start.checked_add(block.layout.size()).is_some(),
            "{block:?} wraps around"
        );
        let below = self.live.range(..=start).next_back();
        let above = self.live.range(start..).next();
        for (_, other) in below.into_iter().chain(above) {
            self.assert_apart(&block, other);
        }
        self.live.insert(start, block);
    }

    /// Strikes the `nth` live block from the record without giving it back.
    pub(crate) fn remove(&mut self, nth: usize) -> Option<Block> {
        let block = self.nth(nth)?;
        self.live.remove(&block.start.addr().get())
    }

    /// Strikes all blocks from the record without giving them back.
    pub(crate) fn into_blocks(self) -> Vec<Block> {
        self.live.into_values().collect()
    }

    fn nth(&self, nth: usize) -> Option<Block> {
        let nth = nth.checked_rem(self.live.len())?;
        self.live.values().nth(nth).copied()
    }

    fn assert_apart(&self, a: &Block, b: &Block) {
        let [a_start, b_start] = [a, b].map(|block| block.start.addr().get());
        let apart = a_start + a.layout.size() <= b_start || b_start + b.layout.size() <= a_start;
        assert!(apart, "{a:?} overlaps {b:?}");
    }
}
