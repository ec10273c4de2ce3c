//! What is asked of the system for large objects.

use std::fs;

use arena::{Arena, FailNth, HugePages};
use heap::{LargePages, PageCount};

use crate::bytes::Owned;
use crate::confined::Confined;
use crate::spans::span;

/// Two huge pages.
const PAGES: PageCount = PageCount(1024);

fn arena() -> Arena<FailNth<Confined>> {
    Arena::new(FailNth::new(Confined::to(64 << 20)))
}

fn large(arena: &Arena<FailNth<Confined>>) -> Option<Owned> {
    let run = arena.allocate_large(PAGES, PageCount(1))?;
    Some(Owned::of(arena, run.first, PAGES))
}

/// Whether the mapping at `address` has this flag, in the kernel's two letters.
fn has_flag(address: usize, flag: &str) -> bool {
    let smaps = fs::read_to_string("/proc/self/smaps").unwrap();
    let mut is_there = false;
    for line in smaps.lines() {
        let range = line.split(' ').next().and_then(|word| word.split_once('-'));
        let number = |text| usize::from_str_radix(text, 16).ok();
        if let Some((Some(start), Some(end))) = range.map(|(from, to)| (number(from), number(to))) {
            is_there = (start..end).contains(&address);
        } else if let (true, Some(flags)) = (is_there, line.strip_prefix("VmFlags:")) {
            return flags.split(' ').any(|word| word == flag);
        }
    }
    panic!("nothing is mapped at {address:#x}");
}

/// Whether huge pages are asked for where a run is, and whether they are refused.
fn asked(owned: &Owned) -> (bool, bool) {
    let last = owned.start().addr().get() + owned.len() - 1;
    (has_flag(last, "hg"), has_flag(last, "nh"))
}

#[test]
fn large_objects_lie_on_huge_pages_as_somebody_wants() {
    let cases = [
        (HugePages::AsUsual, (false, false)),
        (HugePages::Never, (false, true)),
        (HugePages::Always, (true, false)),
    ];
    for (wanted, expected) in cases {
        let arena = arena();
        arena.set_huge_pages(wanted);
        assert_eq!(arena.huge_pages(), wanted);
        assert_eq!(asked(&large(&arena).unwrap()), expected, "{wanted:?}");
        assert_eq!(asked(&span(&arena, 1)), (false, true), "spans never do");
    }
}

#[test]
fn those_that_there_are_go_along() {
    let arena = arena();
    let before = large(&arena).unwrap();
    arena.set_huge_pages(HugePages::Always);
    assert_eq!(asked(&before), (true, false));
    assert_eq!(asked(&large(&arena).unwrap()), (true, false));
}

#[test]
fn where_the_system_refuses_it_nothing_else_changes() {
    let mut refused = 0;
    loop {
        let arena = arena();
        arena.set_huge_pages(HugePages::Always);
        arena.os().refuse(refused, refused + 1);
        let owned = large(&arena);
        if let Some(owned) = &owned {
            owned.fill(7);
            owned.verify(7, PAGES.index());
        }
        let is_over = arena.os().calls() <= refused;
        arena.os().refuse(0, 0);
        let more = large(&arena).expect("nothing is refused any more");
        more.fill(8);
        if is_over {
            assert!(owned.is_some() && refused > 2, "{refused} calls");
            return;
        }
        refused += 1;
    }
}
