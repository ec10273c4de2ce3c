//! Bars of eighths of a character.

const EIGHTHS: [char; 8] = [' ', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/// A bar for `value` on a scale where `full` is `width` characters; a value above is shown as full.
pub(crate) fn bar(value: f64, full: f64, width: usize) -> String {
    if !(value > 0.0 && full > 0.0) {
        return String::new();
    }
    let eighths = ((value / full).min(1.0) * (width * 8) as f64).round() as usize;
    let mut text = "█".repeat(eighths / 8);
    if !eighths.is_multiple_of(8) {
        text.push(EIGHTHS[eighths % 8]);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn whole_and_part_characters() {
        assert_eq!(bar(1.0, 2.0, 4), "██");
        assert_eq!(bar(1.0, 8.0, 1), "▏");
        assert_eq!(bar(3.0, 2.0, 4), "████");
        assert_eq!(bar(0.0, 2.0, 4), "");
        assert_eq!(bar(1.0, 0.0, 4), "");
    }

    proptest! {
        #[test]
        fn a_bar_fits_and_grows_with_its_value(less in 0.0f64..1.0, more in 0.0f64..1.0, width in 0usize..60) {
            let (less, more) = (less.min(more), less.max(more));
            let (short, long) = (bar(less, 1.0, width).chars().count(), bar(more, 1.0, width).chars().count());
            prop_assert!(short <= long && long <= width);
        }
    }
}
