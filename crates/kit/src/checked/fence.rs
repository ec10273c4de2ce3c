//! The bytes around a block that tell whether it kept to its bounds.
//!
//! ```text
//!  outer block            block
//!  v                      v
//!  +---------+------------+-------------- - - --+----------+
//!  | padding |   Header   | what the caller has |  canary  |
//!  +---------+------------+-------------- - - --+----------+
//!  |<------ front ------->|<------ size ------->|<-BEHIND->|
//! ```
//!
//! Canaries are made from the block's address, so that a fence copied along with a block does not pass for another's.

use core::alloc::Layout;
use core::ptr::NonNull;

/// What lies in front of a block. The canary comes last, where a write below the block hits it first.
#[repr(C)]
pub(super) struct Header {
    size: usize,
    align: usize,
    canary: usize,
}

/// Bytes of the canary behind a block.
const BEHIND: usize = 16;

/// What fills a freed block.
const POISON: u8 = 0xdf;

/// Bytes of a freed block that are filled, from its start: enough for most fields of most objects.
const POISONED: usize = 1024;

impl Header {
    fn of(block: NonNull<u8>, layout: Layout) -> Self {
        let (size, align) = (layout.size(), layout.align());
        Self {
            size,
            align,
            canary: canary(block, size, align),
        }
    }

    /// The layout with which `block` was asked for; `None` when the header is damaged.
    pub(super) fn layout(&self, block: NonNull<u8>) -> Option<Layout> {
        if self.canary == canary(block, self.size, self.align) {
            Layout::from_size_align(self.size, self.align).ok()
        } else {
            None
        }
    }
}

/// A word that an accident does not produce. It covers the other words of the header.
fn canary(block: NonNull<u8>, size: usize, align: usize) -> usize {
    // An odd number without pattern: 2^64 divided by the golden ratio.
    const SPREAD: usize = 0x9e37_79b9_7f4a_7c15_u64 as usize;
    let mut word = block.addr().get() ^ SPREAD;
    for part in [size, align] {
        word = (word.rotate_left(usize::BITS / 2 - 1) ^ part).wrapping_mul(SPREAD);
    }
    word
}

/// Where a block lies in the block around it.
pub(super) struct Fence {
    /// The layout of the outer block.
    pub(super) outer: Layout,
    /// Bytes of the outer block in front of the inner one.
    pub(super) front: usize,
}

impl Fence {
    /// The fence of a block of `layout`; `None` when it does not fit the address space.
    pub(super) fn around(layout: Layout) -> Option<Self> {
        let header = Layout::new::<Header>();
        let (front, offset) = header.extend(layout).ok()?;
        let size = front.size().checked_add(BEHIND)?;
        let outer = Layout::from_size_align(size, front.align()).ok()?;
        Some(Self {
            outer,
            front: offset,
        })
    }
}

/// Where the header of `block` lies.
///
/// # Safety
/// `block` lies inside a fence.
pub(super) unsafe fn header(block: NonNull<u8>) -> NonNull<Header> {
    // SAFETY: the front of a fence has room for a header, and the block is at least as aligned as one, since the outer
    // block is and the front is a multiple of the block's alignment and the header's.
    unsafe { block.cast::<Header>().sub(1) }
}

/// Writes the fence of `block`.
///
/// # Safety
/// `block` lies inside a [`Fence::around`] `layout`, and nobody else uses the fence.
pub(super) unsafe fn erect(block: NonNull<u8>, layout: Layout) {
    // SAFETY: the block lies inside a fence.
    let header = unsafe { header(block) };
    // SAFETY: the front of the fence is ours.
    unsafe { header.write(Header::of(block, layout)) };
    // SAFETY: the canary begins where the block ends, inside the outer block.
    let behind = unsafe { block.add(layout.size()) };
    // SAFETY: the fence is ours, and goes on for `BEHIND` bytes.
    unsafe { behind.cast().write(behind_canary(behind)) };
}

/// The first byte written behind `block`, counted from its start.
///
/// # Safety
/// The fence of `block` was erected with `layout`.
pub(super) unsafe fn damage_behind(block: NonNull<u8>, layout: Layout) -> Option<usize> {
    // SAFETY: the canary begins where the block ends, inside the outer block.
    let behind = unsafe { block.add(layout.size()) };
    // SAFETY: `erect` wrote these bytes.
    let found: [u8; BEHIND] = unsafe { behind.cast().read() };
    let first = found
        .iter()
        .zip(behind_canary(behind))
        .position(|(&found, sound)| found != sound)?;
    Some(layout.size() + first)
}

fn behind_canary(address: NonNull<u8>) -> [u8; BEHIND] {
    let word = canary(address, 0, 0).to_ne_bytes();
    core::array::from_fn(|i| word[i % word.len()])
}

/// Fills a freed block, so that later writes show.
///
/// # Safety
/// `block` is valid for writes of `layout.size()` bytes and nobody uses it any more.
pub(super) unsafe fn poison(block: NonNull<u8>, layout: Layout) {
    // SAFETY: no more bytes than the block has.
    unsafe { block.write_bytes(POISON, layout.size().min(POISONED)) };
}

/// The first byte of `block` that was written after [`poison`].
///
/// # Safety
/// `poison` filled `block` with the same `layout`, and nobody may use it now.
pub(super) unsafe fn damage_to_poison(block: NonNull<u8>, layout: Layout) -> Option<usize> {
    let filled = NonNull::slice_from_raw_parts(block, layout.size().min(POISONED));
    // SAFETY: `poison` wrote these bytes.
    unsafe { filled.as_ref() }
        .iter()
        .position(|&byte| byte != POISON)
}
