//! Spans for tests, put onto shared pages.

use arena::{Arena, Os};
use heap::{OwnerId, PageCount, Remapping, Run, SizeClass, SpanId, SpanPages, WriteProtection};

use crate::bytes::Owned;

/// Bytes of a small arena.
pub(crate) const SMALL: usize = 16 << 20;

/// A span of `pages` pages of small objects.
pub(crate) fn span<O: Os>(arena: &Arena<O>, pages: u32) -> Owned {
    let first = arena
        .allocate_span(PageCount(pages))
        .expect("there is room");
    let span = Owned::of(arena, first, PageCount(pages));
    arena.label_span(span.run, SizeClass(3), OwnerId(1), SpanId(first.0 as u32));
    span
}

/// Puts `span` onto the shared pages of `home`, with the bytes at `offset`, or back to where it was.
pub(crate) fn put<O: Os>(
    arena: &Arena<O>,
    span: &Owned,
    home: Run,
    offset: usize,
    len: usize,
) -> bool {
    let barrier = arena.begin_barrier();
    let done = arena.open_shared(home).is_ok() && arena.protect(span.run).is_ok() && {
        // SAFETY: the shared pages are open; these bytes are the span's, and nobody else uses the same ones.
        unsafe { arena.copy_to_shared(span.run.first, home.first, offset, len) };
        // SAFETY: the shared pages hold the bytes that the test looks at.
        let aliased = unsafe { arena.alias(span.run, home.first) };
        if aliased.is_err() {
            arena.unprotect(span.run);
        }
        aliased.is_ok()
    };
    arena.end_barrier(barrier);
    arena.close_shared();
    done
}
