//! Mappings are counted as the kernel counts them, and are not permitted beyond the limit.

use std::ops::Range;
use std::{fs, iter};

use arena::{Arena, FailNth, Os};
use heap::{Remapping, SpanPages, WriteProtection};
use proptest::prelude::*;

use crate::bytes::PAGE;
use crate::confined::Confined;
use crate::spans::{SMALL, put, span};

const SPANS: usize = 10;

/// Mappings that the kernel has for the addresses of the arena.
pub(crate) fn kernel_mappings<O: Os>(arena: &Arena<O>) -> usize {
    let labels = arena.labels();
    let base = labels.address_of(labels.first());
    let range = base..base + labels.page_count() * PAGE;
    // The kernel shows its list piece by piece, and other tests change it meanwhile.
    let counts = iter::repeat_with(|| count_mappings(&range)).take(7);
    let counts: Vec<_> = counts.collect();
    let often = |count: &usize| counts.iter().filter(|other| *other == count).count();
    counts.iter().copied().max_by_key(often).expect("7 of them")
}

fn count_mappings(range: &Range<usize>) -> usize {
    let maps = fs::read_to_string("/proc/self/maps").expect("Linux");
    let address = |text: &str| usize::from_str_radix(text, 16).expect("hexadecimal");
    let in_range = |line: &&str| {
        let addresses = line
            .split(' ')
            .next()
            .and_then(|range| range.split_once('-'));
        let (start, end) = addresses.expect("a range of addresses");
        // Ends of the arena may be one mapping with what lies beside it.
        address(start) < range.end && range.start < address(end)
    };
    maps.lines().filter(in_range).count()
}

#[test]
fn mappings_are_not_permitted_beyond_the_limit() {
    let arena = Arena::new(FailNth::new(Confined::to(SMALL)));
    arena.os().refuse(0, u64::MAX);
    assert!(!arena.mappings_permit(), "the ballast is not on board");
    let barrier = arena.begin_barrier();
    arena.end_barrier(barrier);
    assert!(!arena.mappings_permit());
    arena.os().refuse(0, 0);
    assert!(arena.mappings_permit());
    arena.set_mappings_limit(30);
    assert_eq!(arena.mappings_permitted(), 20);
    let spans: Vec<_> = (0..40).map(|_| span(&arena, 1)).collect();
    // Every second span, so that each makes two borders.
    let mut shared = 0;
    for span in spans.iter().step_by(2) {
        if arena.mappings_left() < arena.mappings_to_share(span.run) {
            break;
        }
        assert!(put(&arena, span, span.run, 0, PAGE));
        shared += 1;
    }
    assert!((5..=9).contains(&shared), "{shared}");
    assert!(arena.stats().mappings <= 20);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Runs that are put back melt into their neighbours, unless they were written to in between.
    #[test]
    fn as_many_mappings_are_counted_as_the_kernel_has(
        steps in prop::collection::vec((any::<bool>(), 0..SPANS, 0..SPANS), 1..60)
    ) {
        let arena = Arena::new(Confined::to(SMALL));
        // Behind the last page of the arena nothing is counted.
        let _last = span(&arena, 2);
        let spans: Vec<_> = (0..SPANS).map(|_| span(&arena, 2)).collect();
        let before = kernel_mappings(&arena);
        let mut homes = [None; SPANS];
        let mut gone = [false; SPANS];
        for (stays, number, home) in steps {
            let run = spans[number].run;
            let counted = arena.stats().mappings;
            if stays && !gone[number] && homes[number] != Some(home) {
                let most = counted.max(1) + arena.mappings_to_share(run);
                let was_private = homes[number].is_none();
                assert!(put(&arena, &spans[number], spans[home].run, 0, 0));
                homes[number] = Some(home);
                prop_assert!(arena.stats().mappings <= most || !was_private);
            } else if !stays && homes[number].take().is_some() {
                let more = arena.mappings_to_dissolve(run);
                // SAFETY: the span is shared, and given up.
                unsafe { arena.dissolve(run) }.unwrap();
                gone[number] = true;
                prop_assert_eq!(arena.stats().mappings.saturating_sub(counted), more);
            }
            // All that is counted but the one mapping of the window is in the arena.
            let counted = arena.stats().mappings;
            let found = 1 + kernel_mappings(&arena) - before;
            prop_assert_eq!(found, counted.max(1));
        }
        for number in 0..SPANS {
            if homes[number].is_some() {
                // SAFETY: the span is shared, and given up.
                unsafe { arena.dissolve(spans[number].run) }.unwrap();
            }
        }
        prop_assert_eq!(kernel_mappings(&arena), before);
        prop_assert!(arena.stats().mappings <= 1);
    }
}
