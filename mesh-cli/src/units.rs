//! Bytes, times and foreign words as people read them.

/// Bytes in one decimal of the largest unit that leaves at least one.
pub(crate) fn bytes(bytes: u64) -> String {
    const UNITS: [(&str, u32); 4] = [("GiB", 30), ("MiB", 20), ("KiB", 10), ("B", 0)];
    let (unit, shift) = UNITS
        .into_iter()
        .find(|(_, shift)| bytes >> shift > 0)
        .unwrap_or(("B", 0));
    if shift == 0 {
        return format!("{bytes} {unit}");
    }
    let whole = 1_u64 << shift;
    let tenths = u128::from(bytes) * 10 / u128::from(whole);
    format!("{}.{} {unit}", tenths / 10, tenths % 10)
}

/// A number with commas between thousands.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Nanoseconds in the unit that suits them.
pub(crate) fn nanoseconds(nanoseconds: u64) -> String {
    match nanoseconds {
        0..1_000 => format!("{nanoseconds} ns"),
        1_000..1_000_000 => format!("{} µs", nanoseconds / 1_000),
        1_000_000..1_000_000_000 => {
            let tenths = nanoseconds / 100_000;
            format!("{}.{} ms", tenths / 10, tenths % 10)
        }
        _ => {
            let tenths = nanoseconds / 100_000_000;
            format!("{}.{} s", tenths / 10, tenths % 10)
        }
    }
}

/// What another process says of itself, without what a terminal would take for an order.
pub(crate) fn printable(text: &str) -> String {
    let shown = |letter: char| if letter.is_control() { '?' } else { letter };
    text.chars().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_to_the_terminal_are_not_passed_on() {
        assert_eq!(printable("a\u{1b}[2J\n\u{9b}b é"), "a?[2J??b é");
    }

    #[test]
    fn bytes_have_the_largest_unit_that_fits() {
        assert_eq!(bytes(0), "0 B");
        assert_eq!(bytes(1023), "1023 B");
        assert_eq!(bytes(1536), "1.5 KiB");
        assert_eq!(bytes((1 << 20) - 1), "1023.9 KiB");
        assert_eq!(bytes(u64::MAX), "17179869183.9 GiB");
    }

    #[test]
    fn thousands_are_parted() {
        assert_eq!(count(999), "999");
        assert_eq!(count(65530), "65,530");
        assert_eq!(count(1_000_000), "1,000,000");
    }

    #[test]
    fn times_have_a_unit_that_suits_them() {
        assert_eq!(nanoseconds(999), "999 ns");
        assert_eq!(nanoseconds(250_000), "250 µs");
        assert_eq!(nanoseconds(1_250_000), "1.2 ms");
        assert_eq!(nanoseconds(2_500_000_000), "2.5 s");
    }
}
