//! Records stay where they are, and apart; what nobody uses is used again, or goes back.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::Range;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::leaked::Leaked;

/// A record of the size of all records.
#[derive(Debug)]
struct Words([u32; 16]);

// SAFETY: zero is a valid value of each word.
unsafe impl Zeroed for Words {}

const PAGE: usize = 4096;

fn address(pool: &Pool<Words>, number: u32) -> usize {
    core::ptr::from_ref(pool.get(number).unwrap()).addr()
}

/// Memory whose pages are zeroed when they are not needed, and which says so.
struct Forgetful {
    memory: Leaked,
    forgotten: RefCell<Vec<Range<usize>>>,
}

impl Forgetful {
    fn new() -> Self {
        Self {
            memory: Leaked::without_end(),
            forgotten: RefCell::default(),
        }
    }

    /// The bytes that went since the last call.
    fn forgotten(&self) -> usize {
        let forgotten = std::mem::take(&mut *self.forgotten.borrow_mut());
        forgotten.iter().map(Range::len).sum()
    }
}

// SAFETY: as the memory below; what is not needed is zeroed.
unsafe impl Metadata for Forgetful {
    fn metadata(&self, layout: Layout) -> Option<NonNull<u8>> {
        self.memory.metadata(layout)
    }

    unsafe fn forget_metadata(&self, start: NonNull<u8>, len: usize) {
        // SAFETY: the range is the caller's (contract).
        unsafe { start.write_bytes(0, len) };
        let start = start.addr().get();
        self.forgotten.borrow_mut().push(start..start + len);
    }
}

/// Looks at all leaves.
fn trim(pool: &mut Pool<Words>, memory: &Forgetful, page: usize, all: bool) {
    let mut from = 0;
    while let Some(next) = pool.trim(memory, from, page, all) {
        assert!(next > from);
        from = next;
    }
}

#[test]
fn records_are_zero_at_first_and_keep_their_place_and_content() {
    let memory = Leaked::without_end();
    let mut pool = Pool::<Words>::new();
    let mut places = Vec::new();
    // Enough for several chunks, each with a first and a last record.
    for number in 0..FIRST as u32 * 20 {
        assert!(pool.get(number).is_none());
        assert_eq!(pool.add(&memory), Some(number));
        assert_eq!(pool.len(), number + 1);
        assert_eq!(pool.get(number).unwrap().0, [0; 16]);
        pool.get_mut(number).unwrap().0 = [number; 16];
        places.push(address(&pool, number));
    }
    for (number, &place) in (0..).zip(&places) {
        assert_eq!(address(&pool, number), place);
        assert_eq!(pool.get(number).unwrap().0, [number; 16]);
    }
    places.sort_unstable();
    let apart = |pair: &[usize]| pair[0] + size_of::<Words>() <= pair[1];
    assert!(places.windows(2).all(apart));
}

#[test]
fn a_number_without_a_record_has_none() {
    let mut pool = Pool::<Words>::new();
    assert!(pool.get(0).is_none());
    pool.add(&Leaked::without_end()).unwrap();
    for number in [1, FIRST as u32, u32::MAX] {
        assert!(pool.get(number).is_none());
        assert!(pool.get_mut(number).is_none());
    }
}

#[test]
fn without_memory_for_a_chunk_nothing_changes() {
    let memory = Leaked::with_blocks(1);
    let mut pool = Pool::<Words>::new();
    for number in 0..FIRST as u32 {
        assert_eq!(pool.add(&memory), Some(number));
    }
    assert_eq!(pool.add(&memory), None);
    assert_eq!(pool.len(), FIRST as u32);
    assert_eq!(pool.add(&Leaked::without_end()), Some(FIRST as u32));
}

#[test]
fn pages_that_nobody_uses_go_at_the_second_look_and_come_back() {
    let memory = Forgetful::new();
    let mut pool = Pool::<Words>::new();
    let count = 10_000;
    for number in 0..count {
        pool.add(&memory).unwrap();
        pool.get_mut(number).unwrap().0 = [number; 16];
    }
    (100..count).for_each(|number| pool.remove(number));
    trim(&mut pool, &memory, PAGE, false);
    assert_eq!(memory.forgotten(), 0);
    trim(&mut pool, &memory, PAGE, false);
    let used = size_of::<Words>() * (count as usize - 100);
    let gone = memory.forgotten();
    assert!(gone > used - 2 * PAGE && gone <= used, "{gone} of {used}");
    assert!((100..200).contains(&pool.len()));
    for number in 0..100 {
        assert_eq!(pool.get(number).unwrap().0, [number; 16]);
    }
    for number in 100..count {
        assert_eq!(pool.add(&memory), Some(number));
    }
    assert_eq!(pool.used(), count as usize);
    (0..count).for_each(|number| pool.remove(number));
    trim(&mut pool, &memory, PAGE, true);
    assert!(memory.forgotten() >= used);
    assert_eq!(pool.used(), 0);
}

#[test]
fn many_leaves_are_looked_at_a_part_at_a_time() {
    let memory = Forgetful::new();
    let mut pool = Pool::<Words>::new();
    let count = 3 * (LEAVES_AT_ONCE * LEAF) as u32;
    for _ in 0..count {
        pool.add(&memory).unwrap();
    }
    (0..count).for_each(|number| pool.remove(number));
    let next = pool.trim(&memory, 0, PAGE, true).unwrap();
    assert!(memory.forgotten() <= LEAVES_AT_ONCE * PAGE && pool.idle_bytes() > 0);
    assert!(pool.trim(&memory, next, PAGE, true).is_some());
    trim(&mut pool, &memory, PAGE, true);
    assert_eq!((pool.idle_bytes(), pool.used()), (0, 0));
}

#[test]
fn a_pool_that_keeps_what_it_has_has_nothing_to_give_back() {
    let memory = Forgetful::new();
    let mut pool = Pool::<Words>::new();
    let count = (INSIDE * LEAF - FIRST) as u32;
    for _ in 0..count {
        pool.add(&memory).unwrap();
    }
    (0..count).for_each(|number| pool.remove(number));
    assert_eq!(pool.idle_bytes(), 0);
    assert_eq!(pool.add(&memory), Some(0));
}

#[test]
fn pages_of_several_leaves_go_as_a_whole() {
    let memory = Forgetful::new();
    let mut pool = Pool::<Words>::new();
    for _ in 0..10_000 {
        pool.add(&memory).unwrap();
    }
    (1..10_000).for_each(|number| pool.remove(number));
    trim(&mut pool, &memory, 4 * PAGE, true);
    let forgotten = memory.forgotten.take();
    assert!(!forgotten.is_empty());
    for range in forgotten {
        assert!(range.start.is_multiple_of(4 * PAGE) && range.len().is_multiple_of(4 * PAGE));
    }
}

proptest! {
    #[test]
    fn the_lowest_that_nobody_uses_is_used_next(
        steps in vec((0..4_u8, any::<u32>()), 1..400),
        many in 1..100_u32,
    ) {
        let memory = Forgetful::new();
        let mut pool = Pool::<Words>::new();
        let mut used = BTreeSet::new();
        for (step, pick) in steps {
            match step {
                0 => for _ in 0..many {
                    let number = pool.add(&memory).unwrap();
                    prop_assert!((0..number).all(|lower| used.contains(&lower)));
                    prop_assert!(used.insert(number));
                    pool.get_mut(number).unwrap().0 = [number; 16];
                },
                1 => for _ in 0..many {
                    let nth = pick as usize % used.len().max(1);
                    let Some(&number) = used.iter().nth(nth) else { break };
                    used.remove(&number);
                    pool.remove(number);
                },
                2 => trim(&mut pool, &memory, PAGE, false),
                _ => trim(&mut pool, &memory, PAGE, true),
            }
            prop_assert_eq!(pool.used(), used.len());
            for &number in &used {
                prop_assert_eq!(pool.get(number).unwrap().0, [number; 16]);
            }
        }
    }
}
