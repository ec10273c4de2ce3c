//! Sizes in bytes, as people write them.

use std::fmt;

const UNITS: [(&str, u64); 4] = [
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("B", 1),
];
const SHORT_UNITS: [(&str, u64); 3] = [("k", 1 << 10), ("m", 1 << 20), ("g", 1 << 30)];

/// Reads `256`, `64KiB`, `64 MiB`, `2k`: units are powers of 1024, in any case.
pub(crate) fn parse(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let digits = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: u64 = number
        .parse()
        .map_err(|_| format!("`{text}` does not start with a number"))?;
    let unit = unit.trim();
    let factor = if unit.is_empty() {
        1
    } else {
        UNITS
            .iter()
            .chain(&SHORT_UNITS)
            .find(|(name, _)| name.eq_ignore_ascii_case(unit))
            .map(|&(_, factor)| factor)
            .ok_or_else(|| format!("`{unit}` is no unit: use B, KiB, MiB or GiB"))?
    };
    number
        .checked_mul(factor)
        .ok_or_else(|| format!("`{text}` is too large"))
}

/// Bytes, shown as mebibytes with one decimal.
pub(crate) struct Mebibytes(pub(crate) f64);

impl fmt::Display for Mebibytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&format_args!("{:.1}", self.0 / (1 << 20) as f64), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn units_are_powers_of_1024() {
        assert_eq!(parse("256"), Ok(256));
        assert_eq!(parse("12B"), Ok(12));
        assert_eq!(parse("64MiB"), Ok(64 << 20));
        assert_eq!(parse("64 mib"), Ok(64 << 20));
        assert_eq!(parse("2k"), Ok(2048));
        assert_eq!(parse("1G"), Ok(1 << 30));
    }

    #[test]
    fn what_is_no_size_is_refused() {
        for text in [
            "",
            "MiB",
            "-1",
            "1.5MiB",
            "3 parsecs",
            "99999999999999999999",
            "18446744073709551615k",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn mebibytes_have_one_decimal() {
        assert_eq!(Mebibytes((3 << 19) as f64).to_string(), "1.5");
    }

    proptest! {
        #[test]
        fn a_number_with_a_unit_is_their_product(number in 0u64..1 << 30) {
            prop_assert_eq!(parse(&format!("{number}")), Ok(number));
            prop_assert_eq!(parse(&format!("{number} KiB")), Ok(number << 10));
        }
    }
}
