//! Large objects that move: never in part.

use arena::{Arena, BarrierChoice, BarrierTier};
use heap::{LargePages, PageCount, SpanPages};

use crate::bytes::Owned;
use crate::confined::Confined;

const SMALL: usize = 64 << 20;

/// An arena with either barrier: the ranges that one of them registers are mappings of another kind.
fn arenas() -> [Arena<Confined>; 2] {
    let arenas = [(); 2].map(|()| Arena::new(Confined::to(SMALL)));
    let tier = arenas[1].choose_barrier(BarrierChoice::Userfaultfd);
    assert_eq!(tier, BarrierTier::Userfaultfd, "needs root");
    arenas
}

#[test]
fn an_object_that_moves_again_and_again_keeps_its_bytes() {
    for arena in arenas() {
        let large = arena.allocate_large(PageCount(128), PageCount(1)).unwrap();
        let (mut first, mut pages) = (large.first, 128);
        Owned::of(&arena, first, PageCount(pages)).fill(9);
        for step in 1..=8 {
            // Something in the way, so that it does not grow in place.
            arena.allocate_large(PageCount(1), PageCount(1)).unwrap();
            let more = pages + 100 * step;
            // SAFETY: only more pages are asked for.
            let stretched = unsafe { arena.resize_large(first, PageCount(more)) };
            if !stretched {
                // SAFETY: used at the new address only.
                first = unsafe { arena.move_large(first, PageCount(more)) }.expect("one mapping");
            }
            Owned::of(&arena, first, PageCount(more)).verify(9, pages as usize);
            pages = more;
            Owned::of(&arena, first, PageCount(pages)).fill(9);
        }
    }
}

#[test]
fn an_object_in_two_mappings_stays_whole_where_it_is() {
    for arena in arenas() {
        let large = arena.allocate_large(PageCount(256), PageCount(1)).unwrap();
        let owned = Owned::of(&arena, large.first, PageCount(256));
        owned.fill(3);
        let half = arena.labels().address_of(large.first) + 128 * 4096;
        let half = core::ptr::with_exposed_provenance_mut(half);
        // SAFETY: changes nothing but what the kernel knows of the object's own pages.
        let failed = unsafe { libc::madvise(half, 128 * 4096, libc::MADV_DONTDUMP) };
        assert_eq!(failed, 0);
        arena.allocate_large(PageCount(1), PageCount(1)).unwrap();
        // SAFETY: used at the new address only, if there is one.
        let moved = unsafe { arena.move_large(large.first, PageCount(512)) };
        assert_eq!(moved, None);
        owned.verify(3, 256);
    }
}
