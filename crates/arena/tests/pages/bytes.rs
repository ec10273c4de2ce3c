//! Reading and writing the bytes of pages.

use std::ptr::NonNull;

use arena::{Arena, Os};
use heap::{PageCount, PageIndex, Run, SpanPages};

pub(crate) const PAGE: usize = 4096;

/// A run that a test has got from the arena.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Owned {
    pub(crate) run: Run,
    start: NonNull<u8>,
}

impl Owned {
    pub(crate) fn of<O: Os>(arena: &Arena<O>, first: PageIndex, pages: PageCount) -> Self {
        let address = arena.labels().address_of(first);
        Self {
            run: Run { first, pages },
            start: NonNull::new(address as *mut u8).expect("no page is at zero"),
        }
    }

    pub(crate) fn start(&self) -> NonNull<u8> {
        self.start
    }

    pub(crate) fn len(&self) -> usize {
        self.run.pages.index() * PAGE
    }

    /// The bytes as they are now.
    pub(crate) fn bytes(&self) -> &[u8] {
        let bytes = NonNull::slice_from_raw_parts(self.start, self.len());
        // SAFETY: the arena handed the run out, so it is readable; tests write through these methods only, and keep no slice
        // while they do.
        unsafe { bytes.as_ref() }
    }

    /// Writes `bytes` at `offset`.
    pub(crate) fn write(&self, offset: usize, bytes: &[u8]) {
        assert!(offset + bytes.len() <= self.len());
        // SAFETY: the offset lies in the run.
        let at = unsafe { self.start.add(offset) };
        let source = NonNull::from(bytes).cast();
        // SAFETY: the run is the test's, has so many bytes there, and is not where `bytes` is.
        unsafe { at.copy_from_nonoverlapping(source, bytes.len()) };
    }

    /// Writes the pattern `seed` to the first and the last bytes of each page.
    pub(crate) fn fill(&self, seed: u64) {
        for page in 0..self.run.pages.index() {
            self.write(page * PAGE, &mark(seed, page));
            self.write((page + 1) * PAGE - 8, &mark(seed, page));
        }
    }

    /// Panics unless the first `pages` pages are as [`fill`](Self::fill) left them.
    pub(crate) fn verify(&self, seed: u64, pages: usize) {
        let bytes = self.bytes();
        for page in 0..pages.min(self.run.pages.index()) {
            let found = &bytes[page * PAGE..][..PAGE];
            assert_eq!(found[..8], mark(seed, page), "page {page} of {self:?}");
            assert_eq!(
                found[PAGE - 8..],
                mark(seed, page),
                "page {page} of {self:?}"
            );
        }
    }

    pub(crate) fn is_zero(&self) -> bool {
        self.bytes().iter().all(|&byte| byte == 0)
    }

    /// The number of pages that are physically there.
    pub(crate) fn resident(&self) -> usize {
        let mut there = vec![0_u8; self.run.pages.index()];
        // SAFETY: the vector has a byte for each page of the run.
        let failed =
            unsafe { libc::mincore(self.start.as_ptr().cast(), self.len(), there.as_mut_ptr()) };
        assert_eq!(failed, 0);
        there.iter().filter(|&&page| page & 1 == 1).count()
    }

    /// Whether the run may be written to. The kernel is asked: for it a protected page is an error, not a fault.
    pub(crate) fn is_writable(&self) -> bool {
        let mut ends = [0; 2];
        // SAFETY: the array has room for two descriptors.
        assert_eq!(unsafe { libc::pipe(ends.as_mut_ptr()) }, 0);
        let writable = (0..self.run.pages.index()).all(|page| {
            let byte = self.bytes()[page * PAGE];
            // SAFETY: the byte lives across the call.
            let sent = unsafe { libc::write(ends[1], (&raw const byte).cast(), 1) };
            assert_eq!(sent, 1);
            // SAFETY: the offset lies in the run.
            let at = unsafe { self.start.add(page * PAGE) };
            // SAFETY: the kernel writes one byte, the one that is there, or nothing.
            unsafe { libc::read(ends[0], at.as_ptr().cast(), 1) == 1 }
        });
        for end in ends {
            // SAFETY: opened above, and used nowhere else.
            unsafe { libc::close(end) };
        }
        writable
    }
}

fn mark(seed: u64, page: usize) -> [u8; 8] {
    (seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ page as u64 ^ 1 << 63).to_le_bytes()
}
