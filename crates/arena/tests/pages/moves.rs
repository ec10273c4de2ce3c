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
                first = unsafe { arena.move_large(first, PageCount(more), PageCount(more)) }
                    .expect("one mapping");
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
        let moved = unsafe { arena.move_large(large.first, PageCount(512), PageCount(512)) };
        assert_eq!(moved, None);
        owned.verify(3, 256);
    }
}

#[test]
fn an_object_with_room_grows_where_it_is() {
    let arena = Arena::new(Confined::to(SMALL));
    let (pages, room) = (PageCount(100), PageCount(150));
    let large = arena.allocate_growing(pages, room).unwrap();
    let next = arena.allocate_large(PageCount(1), PageCount(1)).unwrap();
    assert_eq!(next.first, large.first.plus(room), "its room is its own");
    assert!(large.zeroed);
    Owned::of(&arena, large.first, pages).fill(5);
    for more in [101, 120, 150] {
        // SAFETY: only more pages are asked for.
        assert!(unsafe { arena.resize_large(large.first, PageCount(more)) });
        assert_eq!(arena.large_pages(large.first), Some(PageCount(more)));
    }
    // SAFETY: only more pages are asked for.
    assert!(!unsafe { arena.resize_large(large.first, PageCount(151)) });
    let grown = Owned::of(&arena, large.first, room);
    grown.verify(5, pages.index());
    assert_eq!(grown.resident(), pages.index(), "room is no memory");
    assert_eq!(arena.stats().ahead, 0);
    // SAFETY: nobody uses it any more.
    assert_eq!(unsafe { arena.free_large(large.first) }, Some(room));
}

#[test]
fn what_is_cut_off_is_gone_at_once() {
    for arena in arenas() {
        let plain = arena.allocate_large(PageCount(500), PageCount(1)).unwrap();
        let roomy = arena.allocate_growing(PageCount(500), PageCount(600));
        let moved = arena.allocate_large(PageCount(400), PageCount(1)).unwrap();
        let room = PageCount(500);
        // SAFETY: used at the new address only.
        let moved = unsafe { arena.move_large(moved.first, room, PageCount(750)) };
        for first in [plain.first, roomy.unwrap().first, moved.unwrap()] {
            let whole = Owned::of(&arena, first, room);
            whole.fill(7);
            assert_eq!(whole.resident(), 500);
            // SAFETY: nobody uses what is cut off.
            assert!(unsafe { arena.resize_large(first, PageCount(20)) });
            assert_eq!(arena.large_pages(first), Some(PageCount(20)));
            assert_eq!(whole.resident(), 20);
            Owned::of(&arena, first, PageCount(20)).verify(7, 20);
            // SAFETY: nobody uses the object any more.
            assert_eq!(unsafe { arena.free_large(first) }, Some(PageCount(20)));
        }
        assert_eq!(arena.stats().ahead, 0);
    }
}

#[test]
fn a_hole_that_fits_exactly_is_found() {
    let arena = Arena::new(Confined::to(SMALL));
    let aligned = || arena.allocate_large(PageCount(16), PageCount(16)).unwrap();
    let all: Vec<_> = (0..40).map(|_| aligned().first).collect();
    for &first in all.iter().step_by(2) {
        // SAFETY: nobody uses it any more.
        assert!(unsafe { arena.free_large(first) }.is_some());
    }
    let again: Vec<_> = (0..20).map(|_| aligned().first).collect();
    assert!(again.iter().all(|first| all.contains(first)));
}
