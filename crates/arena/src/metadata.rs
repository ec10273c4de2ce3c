//! Memory for records: a bump allocator over chunks that are runs of the arena, beside its large objects: so they need no mappings of
//! their own. No address is ever given back, so none is ever reused for another purpose.

use core::alloc::Layout;
use core::ptr::NonNull;

use heap::{PageCount, Run};

use crate::area::Side;
use crate::arena::Arena;
use crate::os::Os;
use crate::run_store::Place;
use crate::tuning::METADATA_CHUNK;

/// The chunk that blocks are taken from.
pub(crate) struct MetadataChunks {
    at: usize,
    end: usize,
    /// Bytes of all chunks so far.
    bytes: usize,
}

impl MetadataChunks {
    pub(crate) const fn new() -> Self {
        Self {
            at: 0,
            end: 0,
            bytes: 0,
        }
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Adds `len` bytes of zeros at `start`, which nobody else has. What is left of the chunk before is lost, unless they lie side by
    /// side.
    fn add(&mut self, start: NonNull<u8>, len: usize) {
        let start = start.as_ptr().expose_provenance();
        if start != self.end {
            self.at = start;
        }
        self.end = start + len;
        self.bytes += len;
    }

    /// The next block of zeros for `layout`, if the chunk has room.
    fn bump(&mut self, layout: Layout) -> Option<NonNull<u8>> {
        let start = self.at.checked_next_multiple_of(layout.align())?;
        let end = start.checked_add(layout.size())?;
        if end > self.end {
            return None;
        }
        self.at = end;
        NonNull::new(start as *mut u8)
    }
}

impl<O: Os> Arena<O> {
    /// Zeroed memory for `layout`, which never goes back.
    pub(crate) fn allocate_metadata(&self, layout: Layout) -> Option<NonNull<u8>> {
        let bump = || self.with_windows(|windows| windows.metadata.bump(layout));
        bump().or_else(|| {
            let chunk = || self.metadata_chunk(layout);
            let (chunk, len) = if self.known_ground().is_none() {
                chunk()?
            } else {
                // Rare, and deep: some stacks are small.
                self.run_aside_or_here(chunk)?
            };
            self.with_windows(|windows| {
                windows.metadata.add(chunk, len);
                windows.metadata.bump(layout)
            })
        })
    }

    /// A new chunk of zeros that has room for `layout`, and its length.
    fn metadata_chunk(&self, layout: Layout) -> Option<(NonNull<u8>, usize)> {
        let needed = layout.size().checked_add(layout.align())?;
        let run = |bytes: usize| {
            let pages = self.os.grain().up(bytes.div_ceil(O::PAGE_SIZE));
            let pages = PageCount(pages.try_into().ok()?);
            self.take_above_limit(Side::Large, Place::anywhere(pages))
        };
        let (run, is_zeroed): (Run, bool) =
            run(needed.max(METADATA_CHUNK)).or_else(|| run(needed))?;
        let (at, len) = self.range(run)?;
        // SAFETY: the run was taken just now, and nobody knows it.
        if !is_zeroed && unsafe { self.os.discard(at, len) }.is_err() {
            // SAFETY: as many bytes, which can be written.
            unsafe { at.write_bytes(0, len) };
        }
        Some((at, len))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::{FailNth, Linux};
    use heap::Grain;

    #[test]
    fn blocks_are_zeroed_aligned_and_apart() {
        let arena = Arena::new(Linux::new());
        let mut taken: Vec<core::ops::Range<usize>> = Vec::new();
        for size in [1, 64, 4096, METADATA_CHUNK * 2, 100] {
            let layout = Layout::from_size_align(size, 64).unwrap();
            let block = arena.allocate_metadata(layout).unwrap();
            let start = block.as_ptr().addr();
            assert!(start.is_multiple_of(64));
            assert!(
                taken
                    .iter()
                    .all(|other| other.end <= start || start + size <= other.start)
            );
            taken.push(start..start + size);
            // SAFETY: the block has `size` bytes.
            let bytes = unsafe { core::slice::from_raw_parts_mut(block.as_ptr(), size) };
            assert!(bytes.iter().all(|&byte| byte == 0));
            bytes.fill(0xff);
        }
    }

    #[test]
    fn pages_that_were_used_before_are_zeroed() {
        for refused in [0, u64::MAX] {
            let arena = Arena::new(FailNth::new(Linux::new()));
            let pages = PageCount((METADATA_CHUNK / Linux::PAGE_SIZE) as u32);
            let (run, _) = arena.take(Side::Large, Place::anywhere(pages)).unwrap();
            let (at, len) = arena.range(run).unwrap();
            // SAFETY: the run is this test's.
            unsafe { at.write_bytes(0xff, len) };
            let ground = arena.ground().unwrap();
            arena
                .state
                .lock()
                .give_back(&ground.map, Grain::PAGE, Side::Large, run);
            // What is unused is taken first.
            arena.os.refuse(0, refused);
            let layout = Layout::from_size_align(len / 2, 64).unwrap();
            let block = arena.allocate_metadata(layout).unwrap();
            assert_eq!(block, at);
            // SAFETY: the block has so many bytes.
            let bytes = unsafe { core::slice::from_raw_parts(block.as_ptr(), layout.size()) };
            assert!(bytes.iter().all(|&byte| byte == 0));
        }
    }

    #[test]
    fn without_memory_there_is_none() {
        let arena = Arena::new(FailNth::new(Linux::new()));
        let layout = Layout::from_size_align(64, 64).unwrap();
        arena.os.refuse(0, u64::MAX);
        assert!(arena.allocate_metadata(layout).is_none());
        arena.os.refuse(0, 0);
        assert!(arena.allocate_metadata(layout).is_some());
    }
}
