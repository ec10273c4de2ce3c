//! The vector against the simplest thing that could be right: a `Vec`.

use core::ptr::NonNull;
use std::sync::Mutex;

use proptest::prelude::*;
use rand_pcg::Pcg32;
use rand_pcg::rand_core::SeedableRng;
use shufflevector::{ShuffleVector, below, shuffle};

/// A slot that stands for `number`. The vector never looks into slots, so no memory is needed behind them.
fn slot(number: usize) -> NonNull<u8> {
    NonNull::without_provenance(core::num::NonZero::new(16 * (number + 1)).expect("not zero"))
}

fn sorted(slots: &[NonNull<u8>]) -> Vec<NonNull<u8>> {
    let mut sorted = slots.to_vec();
    sorted.sort();
    sorted
}

#[derive(Clone, Debug)]
enum Op {
    Pop,
    Push,
    RemoveOldest(usize),
    Refill(usize),
    RefillAsIs(usize),
    Reverse,
    ShuffleNewest(usize),
    SetLimit(usize),
    DropOldestInPlace(usize),
    Settle,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        4 => Just(Op::Pop),
        4 => Just(Op::Push),
        1 => (0..24_usize).prop_map(Op::RemoveOldest),
        1 => (0..24_usize).prop_map(Op::Refill),
        1 => (0..24_usize).prop_map(Op::RefillAsIs),
        1 => Just(Op::Reverse),
        1 => (0..24_usize).prop_map(Op::ShuffleNewest),
        1 => (0..24_usize).prop_map(Op::SetLimit),
        1 => (0..24_usize).prop_map(Op::DropOldestInPlace),
        1 => Just(Op::Settle),
    ]
}

proptest! {
    #[test]
    fn behaves_as_a_vec(
        capacity in 0..20_usize,
        first_limit in 0..24_usize,
        seed: u64,
        ops in prop::collection::vec(op(), 0..200),
    ) {
        let mut storage = vec![core::ptr::null_mut::<u8>(); capacity];
        let room = NonNull::from(storage.as_mut_slice()).cast();
        // SAFETY: `storage` has `capacity` entries, outlives the vector, and is not used otherwise.
        let mut vector = unsafe { ShuffleVector::new(room, capacity, first_limit) };
        let mut model: Vec<NonNull<u8>> = Vec::new();
        let mut limit = first_limit.min(capacity);
        // Entries at the start of the storage that are of no use for now.
        let mut lost = 0;
        let mut rng = Pcg32::seed_from_u64(seed);
        let mut fresh = (0..).map(slot);

        for op in ops {
            match op {
                Op::Pop => prop_assert_eq!(vector.pop(), model.pop()),
                Op::Push => {
                    let slot = fresh.next().expect("endless");
                    let fits = model.len() < limit;
                    prop_assert_eq!(vector.push(slot), fits);
                    if fits {
                        model.push(slot);
                    }
                }
                Op::RemoveOldest(n) => {
                    vector.remove_oldest(n);
                    model.drain(..n.min(model.len()));
                }
                Op::Refill(n) => {
                    let offered: Vec<_> = fresh.by_ref().take(n).collect();
                    let mut rest = offered.iter().copied();
                    let added = vector.refill(&mut rng, rest.by_ref());
                    prop_assert_eq!(added, n.min(limit - model.len()));
                    prop_assert_eq!(rest.len(), n - added, "takes no slot that has no room");
                    let (old, new) = vector.as_slice().split_at(model.len());
                    prop_assert_eq!(old, model.as_slice());
                    prop_assert_eq!(sorted(new), &offered[..added]);
                    model = vector.as_slice().to_vec();
                }
                Op::RefillAsIs(n) => {
                    let offered: Vec<_> = fresh.by_ref().take(n).collect();
                    let mut rest = offered.iter().copied();
                    let added = vector.refill_as_is(rest.by_ref());
                    prop_assert_eq!(rest.len(), n - added, "takes no slot that has no room");
                    model.extend(&offered[..n.min(limit - model.len())]);
                }
                Op::Reverse => {
                    vector.reverse();
                    model.reverse();
                }
                Op::ShuffleNewest(n) => {
                    vector.shuffle_newest(n, &mut rng);
                    let kept = model.len() - n.min(model.len());
                    let (old, new) = vector.as_slice().split_at(kept);
                    prop_assert_eq!(old, &model[..kept]);
                    prop_assert_eq!(sorted(new), sorted(&model[kept..]));
                    model = vector.as_slice().to_vec();
                }
                Op::SetLimit(n) => {
                    vector.set_limit(n);
                    limit = n.min(capacity - lost).max(model.len());
                }
                Op::DropOldestInPlace(n) => {
                    let n = n.min(model.len());
                    let newest = vector.as_slice().last().map(core::ptr::from_ref);
                    vector.drop_oldest_in_place(n);
                    model.drain(..n);
                    lost += n;
                    limit -= n;
                    if !model.is_empty() {
                        let now = vector.as_slice().last().map(core::ptr::from_ref);
                        prop_assert_eq!(now, newest, "the newest slot stays where it is");
                    }
                }
                Op::Settle => {
                    // SAFETY: the capacity that the vector was made with.
                    prop_assert_eq!(unsafe { vector.settle(capacity) }, lost > 0);
                    limit += lost;
                    lost = 0;
                }
            }
            prop_assert_eq!(vector.as_slice(), model.as_slice());
            prop_assert_eq!(vector.len(), model.len());
            prop_assert_eq!(vector.is_empty(), model.is_empty());
            prop_assert_eq!(vector.limit(), limit);
            prop_assert_eq!(vector.capacity(), capacity - lost);
            prop_assert_eq!(vector.room(), limit - model.len());
        }
    }

    #[test]
    fn below_keeps_its_bound(seed: u64, n: u32) {
        let mut rng = Pcg32::seed_from_u64(seed);
        for _ in 0..100 {
            let value = below(&mut rng, n);
            prop_assert!(value < n || (n == 0 && value == 0));
        }
    }

    #[test]
    fn shuffle_keeps_every_item(seed: u64, mut items in prop::collection::vec(any::<u16>(), 0..50)) {
        let mut expected = items.clone();
        shuffle(&mut items, &mut Pcg32::seed_from_u64(seed));
        items.sort_unstable();
        expected.sort_unstable();
        prop_assert_eq!(items, expected);
    }
}

#[test]
fn an_empty_vector_is_full_too() {
    static SHARED: Mutex<ShuffleVector> = Mutex::new(ShuffleVector::empty());
    let mut vector = SHARED.lock().expect("nobody panicked");
    assert_eq!(vector.pop(), None);
    assert!(!vector.push(slot(0)));
    vector.set_limit(5);
    vector.remove_oldest(3);
    vector.shuffle_newest(3, &mut Pcg32::seed_from_u64(1));
    assert_eq!(
        vector.refill(&mut Pcg32::seed_from_u64(1), (0..4).map(slot)),
        0
    );
    assert_eq!(
        (
            vector.len(),
            vector.limit(),
            vector.capacity(),
            vector.room()
        ),
        (0, 0, 0, 0)
    );
    assert!(vector.as_slice().is_empty());
}

/// A vector that has `capacity` entries behind those in front of it, which are full of `stale`.
fn behind(stale: NonNull<u8>, storage: &mut Vec<*mut u8>, capacity: usize) -> ShuffleVector {
    *storage = vec![stale.as_ptr(); ShuffleVector::FRONT + capacity];
    let entries = NonNull::from(&mut storage[ShuffleVector::FRONT..]).cast();
    // SAFETY: as many entries, which outlive the vector and are not used otherwise.
    unsafe { ShuffleVector::new(entries, capacity, capacity) }
}

#[test]
fn another_slot_is_pushed_and_the_newest_is_not() {
    let (mut storage, stale) = (Vec::new(), slot(100));
    let mut vector = behind(stale, &mut storage, 3);
    let at = NonNull::from(&mut vector);
    // SAFETY: the vector is used here alone, and may read in front of its storage.
    let push = |slot| unsafe { ShuffleVector::push_another_at(at, slot) };
    assert!(!push(stale), "it looks as if it were the newest");
    assert!(push(slot(0)) && push(slot(1)));
    assert!(!push(slot(1)));
    assert!(push(slot(0)), "only the newest is looked at");
    assert!(!push(slot(2)), "full");
    let mut empty = ShuffleVector::empty();
    // SAFETY: it has no storage.
    let pushed = unsafe { ShuffleVector::push_another_at(NonNull::from(&mut empty), slot(0)) };
    assert!(!pushed);
}

#[test]
fn the_newest_slots_are_found() {
    let (mut storage, stale) = (Vec::new(), slot(100));
    let mut vector = behind(stale, &mut storage, 20);
    let at = NonNull::from(&mut vector);
    // SAFETY: the vector is used here alone, and may read in front of its storage.
    let has = |slot| unsafe { ShuffleVector::may_have_lately_at(at, slot) };
    assert!(!has(stale), "there are no slots");
    for number in 0..10 {
        // SAFETY: the vector is used here alone.
        assert!(unsafe { ShuffleVector::push_at(at, slot(number)) });
        assert!(has(slot(number)) && !has(slot(number + 1)));
        let known = number.saturating_sub(ShuffleVector::FRONT - 1);
        assert!((known..number).all(|number| has(slot(number))));
        assert!(known == 0 || !has(slot(known - 1)));
    }
    let mut empty = ShuffleVector::empty();
    // SAFETY: it has no storage.
    assert!(!unsafe { ShuffleVector::may_have_lately_at(NonNull::from(&mut empty), slot(0)) });
}
