//! What an object's size says about its alignment.

use heap::object_alignment;

#[test]
fn it_divides_the_size_and_is_the_largest_that_does() {
    for size in 1..10_000 {
        let align = object_alignment(size);
        assert!(align.is_power_of_two() && size % align == 0, "{size}");
        assert!(align == 1 << 12 || size % (2 * align) != 0, "{size}");
    }
}

#[test]
fn no_class_promises_more_than_a_page() {
    assert_eq!(object_alignment(48), 16);
    assert_eq!(object_alignment(1 << 12), 1 << 12);
    assert_eq!(object_alignment(1 << 16), 1 << 12);
}
