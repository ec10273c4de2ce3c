//! Shares of a whole, as people write them.

/// Reads `10%` as 0.1 and `0.1` as 0.1; from 0 to 1.
pub(crate) fn parse(text: &str) -> Result<f64, String> {
    let text = text.trim();
    let share = match text.strip_suffix('%') {
        Some(percent) => percent.trim().parse::<f64>().map(|percent| percent / 100.0),
        None => text.parse::<f64>(),
    }
    .map_err(|_| format!("`{text}` is no share: write 10% or 0.1"))?;
    if (0.0..=1.0).contains(&share) {
        Ok(share)
    } else {
        Err(format!("`{text}` is not between 0 and 100%"))
    }
}

/// Reads `90` and `90%` as 90; from 0 to 100.
pub(crate) fn parse_percent(text: &str) -> Result<f64, String> {
    let number = text.trim().trim_end_matches('%').trim_end();
    match number.parse::<f64>() {
        Ok(percent) if (0.0..=100.0).contains(&percent) => Ok(percent),
        Ok(_) => Err(format!("`{text}` is not between 0 and 100")),
        Err(_) => Err(format!("`{text}` is no percentage")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_and_fraction_mean_the_same() {
        assert_eq!(parse("25%"), Ok(0.25));
        assert_eq!(parse(" 0.25 "), Ok(0.25));
        assert_eq!(parse("100 %"), Ok(1.0));
        assert_eq!(parse_percent("90"), Ok(90.0));
        assert_eq!(parse_percent("90 %"), Ok(90.0));
    }

    #[test]
    fn what_is_no_share_is_refused() {
        for text in ["", "%", "10", "-1%", "101%", "NaN", "ten"] {
            assert!(parse(text).is_err(), "{text}");
        }
        for text in ["", "-1", "101", "NaN", "all"] {
            assert!(parse_percent(text).is_err(), "{text}");
        }
    }
}
