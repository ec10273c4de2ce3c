//! Every operation of a bitmap against the same operation of a `BTreeSet`.

use std::collections::BTreeSet;

use bitmap::{Bitmap, CountedBitmap};
use proptest::prelude::*;

type Bits = Bitmap<3>;
type Oracle = BTreeSet<usize>;

/// Sets of any density, with some indices that do not exist.
fn indices() -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(0..Bits::BITS + 70, 0..250)
}

fn built(indices: &[usize]) -> (Bits, Oracle) {
    let mut bits = Bits::EMPTY;
    for &i in indices {
        bits.insert(i);
    }
    (
        bits,
        indices
            .iter()
            .copied()
            .filter(|&i| i < Bits::BITS)
            .collect(),
    )
}

fn members(bits: Bits) -> Oracle {
    bits.iter().collect()
}

proptest! {
    #[test]
    fn single_members(steps in prop::collection::vec((any::<bool>(), 0..Bits::BITS + 70), 0..400)) {
        let mut bits = Bits::default();
        let mut oracle = Oracle::new();
        for (insert, i) in steps {
            let exists = i < Bits::BITS;
            if insert {
                prop_assert_eq!(bits.insert(i), exists && oracle.insert(i));
            } else {
                prop_assert_eq!(bits.remove(i), oracle.remove(&i));
            }
            prop_assert_eq!(bits.contains(i), oracle.contains(&i));
            prop_assert_eq!(bits.len(), oracle.len());
            prop_assert_eq!(bits.is_empty(), oracle.is_empty());
        }
        prop_assert_eq!(members(bits), oracle);
    }

    #[test]
    fn counted_sets_know_their_size(indices in indices(), others in indices()) {
        let mut counted = CountedBitmap::<3>::EMPTY;
        for &i in &indices {
            let before = *counted.bits();
            prop_assert_eq!(counted.insert(i), i < Bits::BITS && !before.contains(i));
            prop_assert_eq!(counted.len(), counted.bits().len());
        }
        let (bits, oracle) = built(&indices);
        prop_assert_eq!(counted, bits.into());
        prop_assert_eq!((counted.len(), counted.is_empty()), (oracle.len(), oracle.is_empty()));
        let (others, _) = built(&others);
        prop_assert_eq!(counted.intersection(&others), bits.intersection(&others).into());
        prop_assert_eq!(counted.intersection(&bits), counted);
    }

    #[test]
    fn algebra(a in indices(), b in indices()) {
        let ((a, set_a), (b, set_b)) = (built(&a), built(&b));
        prop_assert_eq!(members(a.union(&b)), &set_a | &set_b);
        prop_assert_eq!(members(a.intersection(&b)), &set_a & &set_b);
        prop_assert_eq!(members(a.without(&b)), &set_a - &set_b);
        prop_assert_eq!(a == b, set_a == set_b);
        prop_assert_eq!(a.is_disjoint(&b), set_a.is_disjoint(&set_b));
        prop_assert_eq!(a.is_subset(&b), set_a.is_subset(&set_b));
        // Random sets are hardly ever disjoint or nested: these are.
        prop_assert!(a.without(&b).is_disjoint(&b));
        prop_assert!(a.is_subset(&a.union(&b)));
        prop_assert!(a.intersection(&b).is_subset(&b));
    }

    #[test]
    fn iteration_ascends_and_knows_its_length(a in indices()) {
        let (bits, oracle) = built(&a);
        let mut iter = bits.iter();
        for (taken, &i) in oracle.iter().enumerate() {
            prop_assert_eq!(iter.len(), oracle.len() - taken);
            prop_assert_eq!(iter.next(), Some(i));
        }
        prop_assert_eq!(iter.next(), None);
        prop_assert_eq!(iter.next(), None);
    }

    #[test]
    fn words_are_the_set(words in any::<[u64; 3]>()) {
        let bits = Bits::from_words(words);
        prop_assert_eq!(bits.words(), &words);
        for i in 0..Bits::BITS {
            prop_assert_eq!(bits.contains(i), words[i / 64] >> (i % 64) & 1 == 1);
        }
    }
}

#[test]
fn first_is_a_range() {
    for n in 0..Bits::BITS + 70 {
        assert_eq!(members(Bits::first(n)), (0..n.min(Bits::BITS)).collect());
    }
    assert_eq!(Bits::first(0), Bits::EMPTY);
    assert_eq!(Bits::first(usize::MAX).len(), Bits::BITS);
}

#[test]
fn shown_as_its_members() {
    let (bits, _) = built(&[64, 0, 3, 500]);
    assert_eq!(format!("{bits:?}"), "{0, 3, 64}");
}

#[test]
fn indices_far_outside_do_nothing() {
    let mut bits = Bits::EMPTY;
    assert!(!bits.insert(usize::MAX));
    assert!(!bits.remove(usize::MAX));
    assert!(!bits.contains(usize::MAX));
    assert!(bits.is_empty());
}
