//! The allocator under the shadow heap's suite, and what the suite does not ask for, in a program that runs on it.

use std::alloc::{GlobalAlloc, Layout};
use std::ptr::NonNull;

use heap::LockedHeap;
use mesh_alloc::Mesh;
use proptest::collection::vec;
use proptest::prelude::*;
use shadowheap::shared_heap_suite;

#[global_allocator]
static GLOBAL: Mesh = Mesh;

/// The allocator as a layer.
struct Layer;

// SAFETY: `GlobalAlloc` promises what is asked for here.
unsafe impl LockedHeap for Layer {
    fn allocate(&self, layout: Layout) -> Option<NonNull<u8>> {
        // The suite asks for no bytes as well, which this interface does not have.
        let size = layout.size().max(1);
        let layout = Layout::from_size_align(size, layout.align()).ok()?;
        // SAFETY: the size is not zero.
        NonNull::new(unsafe { GLOBAL.alloc(layout) })
    }

    unsafe fn deallocate(&self, block: NonNull<u8>, layout: Layout) {
        // SAFETY: the caller's promise; the layout is not looked at.
        unsafe { GLOBAL.dealloc(block.as_ptr(), layout) };
    }
}

shared_heap_suite!(mesh, || Layer);

/// What is done next.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// Makes a block, whose bytes must be zero if that is asked for.
    Make(usize, u32, bool),
    /// Makes the block at this place as long as this.
    Resize(usize, usize),
    /// Gives the block at this place back.
    Free(usize),
}

fn size() -> impl Strategy<Value = usize> {
    prop_oneof![
        4 => 1..300_usize,
        2 => 1..5_000_usize,
        2 => 20_000..80_000_usize,
        1 => 200_000..2_000_000_usize,
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (size(), 0..14_u32, any::<bool>())
            .prop_map(|(size, align, zeroed)| Step::Make(size, align, zeroed)),
        (any::<usize>(), size()).prop_map(|(at, size)| Step::Resize(at, size)),
        any::<usize>().prop_map(Step::Free),
    ]
}

struct Block {
    start: *mut u8,
    layout: Layout,
    content: u8,
}

impl Block {
    /// The block of `layout` at `start`, filled with `content`.
    fn new(start: *mut u8, layout: Layout, content: u8) -> Self {
        assert!(!start.is_null());
        assert!(
            start.addr().is_multiple_of(layout.align()),
            "{start:?} {layout:?}"
        );
        let room = NonNull::new(start).and_then(|start| GLOBAL.usable_size(start));
        assert!(room >= Some(layout.size()), "{room:?} {layout:?}");
        // SAFETY: so many bytes are ours.
        unsafe { start.write_bytes(content, layout.size()) };
        Self {
            start,
            layout,
            content,
        }
    }

    /// Fails if one of the first `len` bytes has changed.
    fn check(&self, len: usize) {
        // SAFETY: so many bytes are ours, and nobody writes to them.
        let bytes = unsafe { std::slice::from_raw_parts(self.start, len) };
        assert!(bytes.iter().all(|&byte| byte == self.content));
    }

    fn resized(self, size: usize, content: u8) -> Self {
        self.check(self.layout.size());
        // SAFETY: the block is ours, and the size is not zero.
        let start = unsafe { GLOBAL.realloc(self.start, self.layout, size) };
        assert!(!start.is_null());
        let kept = self.layout.size().min(size);
        Self { start, ..self }.check(kept);
        let layout = Layout::from_size_align(size, self.layout.align()).expect("a plain layout");
        Self::new(start, layout, content)
    }

    fn free(self) {
        self.check(self.layout.size());
        // SAFETY: the block is ours, and given up.
        unsafe { GLOBAL.dealloc(self.start, self.layout) };
    }
}

fn made(layout: Layout, zeroed: bool, content: u8) -> Block {
    if !zeroed {
        // SAFETY: the size is not zero.
        return Block::new(unsafe { GLOBAL.alloc(layout) }, layout, content);
    }
    // SAFETY: the size is not zero.
    let start = unsafe { GLOBAL.alloc_zeroed(layout) };
    assert!(!start.is_null());
    let fresh = Block {
        start,
        layout,
        content: 0,
    };
    fresh.check(layout.size());
    Block::new(start, layout, content)
}

proptest! {
    #[test]
    fn blocks_are_resized_zeroed_and_aligned(steps in vec(step(), 1..120)) {
        let mut blocks: Vec<Block> = Vec::new();
        for (nth, step) in steps.into_iter().enumerate() {
            let content = nth as u8 | 1;
            match step {
                Step::Make(size, align, zeroed) => {
                    let layout = Layout::from_size_align(size, 1 << align).expect("a plain layout");
                    blocks.push(made(layout, zeroed, content));
                }
                Step::Resize(at, size) if !blocks.is_empty() => {
                    let block = blocks.swap_remove(at % blocks.len());
                    blocks.push(block.resized(size, content));
                }
                Step::Free(at) if !blocks.is_empty() => blocks.swap_remove(at % blocks.len()).free(),
                Step::Resize(..) | Step::Free(_) => {}
            }
        }
        blocks.into_iter().for_each(Block::free);
    }
}

#[test]
fn requests_that_no_machine_can_serve_are_refused() {
    let layout = Layout::from_size_align(isize::MAX as usize - 4095, 1).expect("a layout");
    // SAFETY: the size is not zero.
    assert!(unsafe { GLOBAL.alloc(layout) }.is_null());
    // SAFETY: the size is not zero.
    assert!(unsafe { GLOBAL.alloc_zeroed(layout) }.is_null());
    let block = made(Layout::new::<[u8; 100]>(), false, 7);
    // SAFETY: the block is ours, and stays when this is refused.
    let grown = unsafe { GLOBAL.realloc(block.start, block.layout, layout.size()) };
    assert!(grown.is_null());
    block.free();
}
