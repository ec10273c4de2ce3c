//! Powers of two are a class map.

use heap::ClassMap;
use kit::PowersOfTwo;
use proptest::prelude::*;

/// Small ones as often as all together.
fn size() -> impl Strategy<Value = usize> {
    prop_oneof![0..=100_usize, 0..=(16_usize << 19)]
}

proptest! {
    #[test]
    fn powers_of_two_keep_the_promises_of_a_class_map(size in size()) {
        type Classes = PowersOfTwo<20>;
        let class = Classes::class_of(size).expect("not above the largest");
        let object = Classes::object_size(class);
        prop_assert!(class.index() < Classes::COUNT);
        prop_assert!(object >= size);
        prop_assert!(object == 16 || object / 2 < size, "the smallest that has room");
        prop_assert_eq!(Classes::class_of(object), Some(class));
        prop_assert_eq!(Classes::class_of(Classes::LARGEST + 1 + size), None);
    }

    #[test]
    fn larger_sizes_have_no_smaller_classes(a in size(), b in size()) {
        let [a, b] = [a.min(b), a.max(b)].map(PowersOfTwo::<20>::class_of);
        prop_assert!(a <= b);
    }
}
