//! Memory for records: a bump allocator over chunks from the system. Nothing is ever given back, so nothing is ever
//! reused for another purpose.

use core::alloc::Layout;
use core::ptr::NonNull;

use crate::os::{Access, Os};
use crate::tuning::METADATA_CHUNK;

pub(crate) struct MetadataChunks {
    at: usize,
    end: usize,
    /// Bytes mapped so far.
    mapped: usize,
}

impl MetadataChunks {
    pub(crate) const fn new() -> Self {
        Self {
            at: 0,
            end: 0,
            mapped: 0,
        }
    }

    pub(crate) fn mapped(&self) -> usize {
        self.mapped
    }

    /// Zeroed memory for `layout`.
    pub(crate) fn allocate<O: Os>(&mut self, os: &O, layout: Layout) -> Option<NonNull<u8>> {
        if let Some(block) = self.bump(layout) {
            return Some(block);
        }
        let wanted = layout.size().checked_add(layout.align())?;
        let generous = wanted
            .max(METADATA_CHUNK)
            .checked_next_multiple_of(O::PAGE_SIZE)?;
        let needed = wanted.checked_next_multiple_of(O::PAGE_SIZE)?;
        let (chunk, len) = match os.reserve(generous, Access::ReadWrite) {
            Ok(chunk) => (chunk, generous),
            Err(_) => (os.reserve(needed, Access::ReadWrite).ok()?, needed),
        };
        self.mapped += len;
        let start = chunk.as_ptr() as usize;
        // Chunks that lie side by side are used as one.
        if start != self.end {
            self.at = start;
        }
        self.end = start + len;
        self.bump(layout)
    }

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::{FailNth, Linux};

    #[test]
    fn blocks_are_zeroed_aligned_and_apart() {
        let os = Linux::new();
        let mut metadata = MetadataChunks::new();
        let mut taken: Vec<core::ops::Range<usize>> = Vec::new();
        for size in [1, 64, 4096, METADATA_CHUNK * 2, 100] {
            let layout = Layout::from_size_align(size, 64).unwrap();
            let block = metadata.allocate(&os, layout).unwrap();
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
    fn a_refused_chunk_is_tried_smaller_and_then_given_up() {
        let os = FailNth::new(Linux::new());
        let mut metadata = MetadataChunks::new();
        os.refuse(0, 2);
        let layout = Layout::from_size_align(64, 64).unwrap();
        assert!(metadata.allocate(&os, layout).is_none());
        os.refuse(0, 1);
        assert!(metadata.allocate(&os, layout).is_some());
        assert_eq!(metadata.mapped(), Linux::PAGE_SIZE);
    }
}
