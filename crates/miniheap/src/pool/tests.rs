//! Records stay where they are, and apart.

use super::*;
use crate::leaked::Leaked;

/// A record of an odd size.
#[derive(Debug)]
struct Triple([u32; 3]);

// SAFETY: zero is a valid value of each word.
unsafe impl Zeroed for Triple {}

fn address(pool: &Pool<Triple>, number: u32) -> usize {
    core::ptr::from_ref(pool.get(number).unwrap()).addr()
}

#[test]
fn records_are_zero_at_first_and_keep_their_place_and_content() {
    let memory = Leaked::without_end();
    let mut pool = Pool::<Triple>::new();
    let mut places = Vec::new();
    // Enough for several chunks, each with a first and a last record.
    for number in 0..FIRST as u32 * 20 {
        assert!(pool.get(number).is_none());
        assert_eq!(pool.add(&memory), Some(number));
        assert_eq!(pool.len(), number + 1);
        assert_eq!(pool.get(number).unwrap().0, [0; 3]);
        pool.get_mut(number).unwrap().0 = [number, !number, number * 7];
        places.push(address(&pool, number));
    }
    for (number, &place) in (0..).zip(&places) {
        assert_eq!(address(&pool, number), place);
        assert_eq!(pool.get(number).unwrap().0, [number, !number, number * 7]);
    }
    places.sort_unstable();
    let apart = |pair: &[usize]| pair[0] + size_of::<Triple>() <= pair[1];
    assert!(places.windows(2).all(apart));
}

#[test]
fn a_number_without_a_record_has_none() {
    let mut pool = Pool::<Triple>::new();
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
    let mut pool = Pool::<Triple>::new();
    for number in 0..FIRST as u32 {
        assert_eq!(pool.add(&memory), Some(number));
    }
    assert_eq!(pool.add(&memory), None);
    assert_eq!(pool.len(), FIRST as u32);
    assert_eq!(pool.add(&Leaked::without_end()), Some(FIRST as u32));
}
