//! How an arena grows: as far as it is used, around what others have mapped, and back.

use std::ptr::NonNull;
use std::sync::atomic::Ordering;

use arena::os::Access;
use arena::{Arena, BarrierChoice, FailNth, Linux, Os};
use heap::{LargePages, OwnerId, PageCount, PageIndex, Run, SizeClass, SpanId, SpanPages, Upkeep};

use crate::bytes::{Owned, PAGE};
use crate::confined::Confined;
use crate::spans::{put, span};

const MIB: usize = 1 << 20;

/// Bytes that are mapped in an arena's hole.
fn mapped(os: &Confined) -> usize {
    let hole = os.hole();
    let maps = std::fs::read_to_string("/proc/self/maps").expect("Linux");
    let address = |text: &str| usize::from_str_radix(text, 16).expect("hexadecimal");
    let range = |line: &str| {
        let (start, end) = line.split(' ').next()?.split_once('-')?;
        Some((address(start), address(end)))
    };
    let inside = |&(start, end): &(usize, usize)| hole.start <= start && end <= hole.end;
    maps.lines()
        .filter_map(range)
        .filter(inside)
        .map(|(start, end)| end - start)
        .sum()
}

/// Another mapping, of one page, at `address`.
fn obstacle(address: usize) {
    let at = NonNull::new((address / PAGE * PAGE) as *mut u8).expect("not at zero");
    Linux::new()
        .map_at(at, PAGE, Access::ReadWrite)
        .expect("nothing is there");
    // SAFETY: mapped just now.
    unsafe { at.as_ptr().write(77) };
}

fn is_whole(address: usize) -> bool {
    let at = (address / PAGE * PAGE) as *const u8;
    // SAFETY: mapped by `obstacle`.
    unsafe { at.read() == 77 }
}

fn address(arena: &Arena<impl Os>, page: PageIndex) -> usize {
    arena.labels().address_of(page)
}

#[test]
fn what_is_mapped_follows_what_is_used() {
    let arena = Arena::new(Confined::to(2048 * MIB));
    let _ = arena.labels();
    assert!(mapped(arena.os()) < MIB, "only the tables' first parts");
    let first = arena.allocate_span(PageCount(1)).expect("a page");
    assert!(mapped(arena.os()) < 3 * MIB);
    let large = arena
        .allocate_large(PageCount(100 * 256), PageCount(1))
        .expect("100 MiB");
    let now = mapped(arena.os());
    assert!((100 * MIB..105 * MIB).contains(&now), "{now}");
    assert!(first < large.first, "they grow apart");
    for _ in 0..10 * 16 {
        let below = arena.allocate_span(PageCount(16)).expect("64 KiB");
        assert!(below < first);
    }
    let long = arena.allocate_span(PageCount(17)).expect("17 pages");
    assert!(long > first, "it is as long as a large object");
    let stats = arena.stats();
    assert!(stats.opened + stats.metadata >= mapped(arena.os()));
}

#[test]
fn the_first_pages_are_in_the_middle_of_a_large_hole() {
    let arena = Arena::new(Linux::new());
    let first = arena.allocate_span(PageCount(1)).expect("a page");
    let at = address(&arena, first);
    // Nothing of this process is near.
    let here = (&raw const at).addr();
    assert!(at.abs_diff(here) > 1 << 42, "{at:x} {here:x}");
    // Large objects of four tebibytes in all, none of which is used.
    for _ in 0..32 {
        arena
            .allocate_large(PageCount(1 << 25), PageCount(1))
            .expect("128 GiB");
    }
}

#[test]
fn another_mapping_is_passed_on_either_side() {
    let arena = Arena::new(Confined::to(512 * MIB));
    let first = arena.allocate_span(PageCount(1)).expect("a page");
    let large = arena
        .allocate_large(PageCount(1), PageCount(1))
        .expect("a page");
    let (low, high) = (
        address(&arena, first) - 20 * MIB,
        address(&arena, large.first) + 20 * MIB,
    );
    obstacle(low);
    obstacle(high);
    let mut held: Vec<Owned> = Vec::new();
    for _ in 0..60 {
        let one = arena.allocate_span(PageCount(256)).expect("a mebibyte");
        let other = arena
            .allocate_large(PageCount(256), PageCount(64))
            .expect("a mebibyte");
        for first in [one, other.first] {
            let owned = Owned::of(&arena, first, PageCount(256));
            owned.fill(held.len() as u64);
            held.push(owned);
        }
    }
    for (number, owned) in held.iter().enumerate() {
        owned.verify(number as u64, 256);
    }
    assert!(is_whole(low) && is_whole(high));
    assert!(!arena.owns(low) && !arena.owns(high));
    assert!(arena.owns(held[0].start().addr().get()));
    // What was left before the obstacle is used too.
    let stats = arena.stats();
    assert!(stats.clean < 4 * MIB, "{stats:?}");
    // Spans on both sides of it are watched, and can be meshed.
    let spans = [span(&arena, 1), span(&arena, 1)];
    assert!(put(&arena, &spans[0], spans[0].run, 0, 10));
}

#[test]
fn a_large_object_does_not_grow_over_another_mapping() {
    let arena = Arena::new(Confined::to(256 * MIB));
    let large = arena
        .allocate_large(PageCount(10), PageCount(1))
        .expect("10 pages");
    obstacle(address(&arena, large.first) + 5 * MIB);
    // SAFETY: nobody uses it.
    assert!(unsafe { arena.resize_large(large.first, PageCount(1000)) });
    // SAFETY: nobody uses it.
    assert!(!unsafe { arena.resize_large(large.first, PageCount(2000)) });
    let whole = Owned::of(&arena, large.first, PageCount(1000));
    whole.fill(3);
    whole.verify(3, 1000);
}

#[test]
fn the_middle_may_be_taken_already() {
    let os = Confined::to(64 * MIB);
    let hole = os.hole();
    // Everything but for the margins, as far as a table would reach.
    for at in (hole.start..hole.end).step_by(MIB) {
        obstacle(at);
    }
    let arena = Arena::new(os);
    let span = arena.allocate_span(PageCount(1));
    let large = arena.allocate_large(PageCount(600), PageCount(1));
    assert!(large.is_none(), "nowhere are so many pages");
    if let Some(first) = span {
        Owned::of(&arena, first, PageCount(1)).fill(1);
    }
    assert!((hole.start..hole.end).step_by(MIB).all(is_whole));
}

#[test]
fn where_the_place_of_the_tables_is_taken_they_have_another() {
    let os = Confined::to(1024 * MIB);
    let start = NonNull::new(os.hole().start as *mut u8).expect("not at zero");
    Linux::new()
        .map_at(start, 128 * MIB, Access::None)
        .expect("nothing is there");
    let arena = Arena::new(os);
    let first = arena.allocate_span(PageCount(1)).expect("a page");
    let span = Owned::of(&arena, first, PageCount(1));
    span.fill(1);
    span.verify(1, 1);
    assert!(span.start() >= start);
}

#[test]
fn refused_growth_is_no_memory_and_not_the_end() {
    let arena = Arena::new(FailNth::new(Confined::to(256 * MIB)));
    let small = || arena.allocate_span(PageCount(1));
    let large = || arena.allocate_large(PageCount(20 * 256), PageCount(1));
    assert!(small().is_some() && large().is_some());
    arena.os().refuse(0, u64::MAX);
    assert!(large().is_none());
    assert!(small().is_some(), "pages that are mapped already");
    arena.os().refuse(0, 0);
    assert!(large().is_some());
}

#[test]
fn unused_addresses_go_back_where_there_are_few() {
    let arena = Arena::new(Confined::tightly(512 * MIB));
    let objects: Vec<_> = (0..100)
        .map(|_| {
            let large = arena.allocate_large(PageCount(512), PageCount(1));
            large.expect("2 MiB").first
        })
        .collect();
    assert!(mapped(arena.os()) > 200 * MIB);
    for &first in &objects {
        // SAFETY: nobody uses it.
        unsafe { arena.free_large(first) }.expect("an object");
    }
    // A sixteenth of what there is may stay.
    let (now, stats) = (mapped(arena.os()), arena.stats());
    assert!(now < 64 * MIB, "{now}");
    assert!(
        stats.gone > 150 * MIB && stats.opened < 64 * MIB,
        "{stats:?}"
    );
    // Then they are used again, before others.
    let again = arena
        .allocate_large(PageCount(30 * 256), PageCount(1))
        .expect("30 MiB");
    assert!(again.first <= *objects.last().expect("100 of them"));
    let again = Owned::of(&arena, again.first, PageCount(30 * 256));
    assert!(again.is_zero());
    again.fill(1);
}

#[test]
fn a_request_that_is_refused_gets_the_addresses_of_unused_pages() {
    let arena = Arena::new(Confined::to(512 * MIB));
    let take = |mebibytes: u32| {
        arena
            .allocate_large(PageCount(mebibytes * 256), PageCount(1))
            .map(|large| large.first)
    };
    let parts = [(); 20].map(|()| take(4).expect("4 MiB"));
    arena.os().room.store(2 * MIB, Ordering::Relaxed);
    assert_eq!(take(20), None);
    for first in parts.iter().step_by(2) {
        // SAFETY: nobody uses it.
        unsafe { arena.free_large(*first) };
    }
    let large = take(20).expect("as much as is unused");
    Owned::of(&arena, large, PageCount(20 * 256)).fill(1);
    assert!(arena.stats().gone >= 16 * MIB);
    // Small ones go on longer.
    assert_eq!(take(40), None);
    assert!(arena.allocate_span(PageCount(1)).is_some());
}

#[test]
fn pages_that_were_unmapped_are_nobodys() {
    let arena = Arena::new(Confined::tightly(512 * MIB));
    arena.set_decay(0);
    let run = |first| Run {
        first,
        pages: PageCount(16),
    };
    let spans: Vec<_> = (0..4000)
        .map(|_| {
            let first = arena.allocate_span(PageCount(16)).expect("16 pages");
            arena.label_span(run(first), SizeClass(3), OwnerId(1), SpanId(9));
            first
        })
        .collect();
    for &first in &spans {
        // SAFETY: nobody uses it.
        unsafe { arena.free_span(run(first)) };
    }
    assert!(!arena.purge(true, u64::MAX));
    assert!(arena.stats().gone > 150 * MIB);
    let labels = arena.labels();
    let small = |first: &&PageIndex| labels.label(PageIndex(first.0 + 1)).as_small().is_some();
    let left = spans.iter().filter(small).count();
    assert!(left * 16 * PAGE < 50 * MIB, "{left} still look like spans");
    // They come back as spans that can be meshed.
    arena.choose_barrier(BarrierChoice::Auto);
    let again: Vec<_> = (0..4000).map(|_| span(&arena, 16)).collect();
    let last = again.last().expect("4000");
    last.fill(4);
    assert!(put(&arena, last, last.run, 0, last.len()));
    last.verify(4, 16);
}

/// What the program has done to the pages of an object by system calls.
fn advise(owned: &Owned, advice: i32) {
    // SAFETY: changes no bytes of this process.
    let done = unsafe { libc::madvise(owned.start().as_ptr().cast(), owned.len(), advice) };
    assert_eq!(done, 0);
}

fn flags(address: usize) -> String {
    let maps = std::fs::read_to_string("/proc/self/smaps").expect("Linux");
    let mut here = false;
    for line in maps.lines() {
        let range = line
            .split(' ')
            .next()
            .and_then(|range| range.split_once('-'));
        if let Some((start, end)) = range
            && let Ok(start) = usize::from_str_radix(start, 16)
        {
            let end = usize::from_str_radix(end, 16).expect("hexadecimal");
            here = (start..end).contains(&address);
        }
        if here && let Some(flags) = line.strip_prefix("VmFlags: ") {
            return flags.to_owned();
        }
    }
    String::new()
}

#[test]
fn a_property_ends_with_what_is_there() {
    let arena = Arena::new(Confined::to(256 * MIB));
    let large = arena
        .allocate_large(PageCount(100), PageCount(1))
        .expect("100 pages");
    let span = span(&arena, 8);
    let large = Owned::of(&arena, large.first, PageCount(100));
    large.fill(1);
    span.fill(2);
    for owned in [&large, &span] {
        arena.note_property(owned.run);
        advise(owned, libc::MADV_DONTFORK);
        assert!(flags(owned.start().addr().get()).contains("dc"));
    }
    // The object keeps them while it lives, also its tail when that is cut off.
    // SAFETY: nobody uses it.
    assert!(unsafe { arena.resize_large(large.run.first, PageCount(60)) });
    assert!(flags(large.start().addr().get()).contains("dc"));
    assert!(!flags(large.start().addr().get() + 99 * PAGE).contains("dc"));
    // SAFETY: nobody uses it.
    unsafe { arena.free_large(large.run.first) };
    // SAFETY: nobody uses it.
    unsafe { arena.free_span(span.run) };
    for owned in [&large, &span] {
        assert!(!flags(owned.start().addr().get()).contains("dc"));
    }
    let again = arena
        .allocate_large(PageCount(100), PageCount(1))
        .expect("100 pages");
    assert_eq!((again.first, again.zeroed), (large.run.first, true));
    assert!(Owned::of(&arena, again.first, PageCount(100)).is_zero());
}

#[test]
fn spans_lie_on_huge_pages_where_that_was_permitted_only() {
    for permitted in [false, true] {
        let arena = Arena::new(Confined::to(256 * MIB));
        let arena = if permitted {
            arena.with_huge_pages()
        } else {
            arena
        };
        let span = span(&arena, 8);
        assert_eq!(!flags(span.start().addr().get()).contains("nh"), permitted);
    }
}

#[test]
fn pages_that_nobody_can_write_to_are_not_handed_out() {
    let arena = Arena::new(FailNth::new(Confined::to(256 * MIB)));
    let large = arena
        .allocate_large(PageCount(100), PageCount(1))
        .expect("100 pages");
    let owned = Owned::of(&arena, large.first, PageCount(100));
    arena.note_property(owned.run);
    // SAFETY: nobody uses the pages.
    let done =
        unsafe { libc::mprotect(owned.start().as_ptr().cast(), owned.len(), libc::PROT_READ) };
    assert_eq!(done, 0);
    arena.os().refuse(0, u64::MAX);
    // SAFETY: nobody uses the pages.
    unsafe { arena.free_large(large.first) };
    arena.os().refuse(0, 0);
    for _ in 0..50 {
        let large = arena
            .allocate_large(PageCount(10), PageCount(1))
            .expect("10 pages");
        Owned::of(&arena, large.first, PageCount(10)).fill(5);
    }
}
