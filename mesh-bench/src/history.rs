//! Physical memory of one run over time.

use crate::statistics::mean_over_time;

/// Bytes at increasing times.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct History {
    points: Vec<(f64, u64)>,
}

impl History {
    /// Adds what there was `at_s` seconds after the start.
    pub(crate) fn push(&mut self, at_s: f64, bytes: u64) {
        self.points.push((at_s, bytes));
    }

    /// Seconds since the start, and bytes.
    pub(crate) fn points(&self) -> &[(f64, u64)] {
        &self.points
    }

    /// The most bytes seen; zero of nothing.
    pub(crate) fn peak(&self) -> u64 {
        self.points.iter().map(|point| point.1).max().unwrap_or(0)
    }

    /// The mean in bytes, from the first point to the last; `None` below two points.
    pub(crate) fn mean(&self) -> Option<f64> {
        let points = self.points.iter();
        mean_over_time(points.map(|&(at_s, bytes)| (at_s, bytes as f64)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mean_and_peak_are_those_of_the_points() {
        let mut history = History::default();
        assert_eq!((history.peak(), history.mean()), (0, None));
        for (at_s, bytes) in [(1.0, 10), (2.0, 40), (5.0, 7)] {
            history.push(at_s, bytes);
        }
        assert_eq!(history.peak(), 40);
        assert_eq!(history.mean(), Some((10.0 + 3.0 * 40.0) / 4.0));
    }
}
