//! The few statistics that the reports need.

/// The middle value; the mean of the two middle ones of an even number. `None` of nothing.
pub(crate) fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        n if n % 2 == 1 => Some(sorted[middle]),
        _ => Some((sorted[middle - 1] + sorted[middle]) / 2.0),
    }
}

/// The median distance from the median, divided by the median: how far a typical run is off.
pub(crate) fn relative_spread(values: &[f64]) -> Option<f64> {
    let middle = median(values)?;
    let distances: Vec<f64> = values.iter().map(|value| (value - middle).abs()).collect();
    let distance = median(&distances)?;
    (middle != 0.0).then(|| distance / middle.abs())
}

/// The n-th root of the product; `None` of nothing or when a value is not positive.
pub(crate) fn geometric_mean(values: &[f64]) -> Option<f64> {
    if values.is_empty()
        || values
            .iter()
            .any(|&value| value <= 0.0 || !value.is_finite())
    {
        return None;
    }
    let logarithms: f64 = values.iter().map(|value| value.ln()).sum();
    Some((logarithms / values.len() as f64).exp())
}

/// The mean of values over the times at which they begin, in order of time: each counts until the next, the last not at
/// all. `None` when no time passes.
pub(crate) fn mean_over_time(points: impl IntoIterator<Item = (f64, f64)>) -> Option<f64> {
    let mut points = points.into_iter();
    let (start, mut value) = points.next()?;
    let (mut last, mut area) = (start, 0.0);
    for (time, next) in points {
        area += value * (time - last);
        (last, value) = (time, next);
    }
    (last > start).then(|| area / (last - start))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_long_time_weighs_more() {
        let points = [(0.0, 10.0), (1.0, 40.0), (4.0, 7.0)];
        assert_eq!(mean_over_time(points), Some((10.0 + 3.0 * 40.0) / 4.0));
        assert_eq!(mean_over_time([(3.0, 1.0)]), None);
        assert_eq!(mean_over_time([]), None);
    }

    #[test]
    fn median_of_odd_and_even_counts() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!(median(&[]), None);
    }

    #[test]
    fn spread_ignores_one_outlier() {
        assert_eq!(relative_spread(&[10.0, 10.0, 11.0, 9.0, 1000.0]), Some(0.1));
        assert_eq!(relative_spread(&[0.0]), None);
    }

    #[test]
    fn geometric_mean_of_reciprocals_is_one() {
        assert!((geometric_mean(&[2.0, 0.5]).unwrap() - 1.0).abs() < 1e-12);
        assert_eq!(geometric_mean(&[]), None);
        assert_eq!(geometric_mean(&[1.0, 0.0]), None);
    }

    proptest! {
        #[test]
        fn half_the_values_lie_on_each_side_of_the_median(values in prop::collection::vec(-1e9f64..1e9, 1..40)) {
            let middle = median(&values).unwrap();
            let below = values.iter().filter(|&&value| value < middle).count();
            let above = values.iter().filter(|&&value| value > middle).count();
            prop_assert!(below * 2 <= values.len() && above * 2 <= values.len());
        }

        #[test]
        fn the_geometric_mean_scales(values in prop::collection::vec(0.01f64..100.0, 1..20), factor in 0.1f64..10.0) {
            let scaled: Vec<f64> = values.iter().map(|value| value * factor).collect();
            let expected = geometric_mean(&values).unwrap() * factor;
            prop_assert!((geometric_mean(&scaled).unwrap() / expected - 1.0).abs() < 1e-9);
        }
    }
}
