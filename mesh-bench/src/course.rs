//! Physical memory of a process over time, and what it comes to.

use crate::statistics;
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

/// Physical memory at one time; at least one of the two accounts is there.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Sample {
    /// Seconds since the sampler was started.
    pub(crate) at_s: f64,
    /// `Pss` plus page tables: pages that were meshed and not touched since are missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) mapped: Option<u64>,
    /// What the control group of the process is charged for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) charged: Option<u64>,
}

impl Sample {
    /// The charge where there is one, else what is mapped.
    pub(crate) fn bytes(&self) -> u64 {
        self.charged.or(self.mapped).unwrap_or(0)
    }

    /// As seen from a later start, of which the first sample may lie a little before.
    fn above(&self, bytes: u64, start_s: f64) -> Self {
        let less = |account: u64| account.saturating_sub(bytes);
        Self {
            at_s: (self.at_s - start_s).max(0.0),
            mapped: self.mapped.map(less),
            charged: self.charged.map(less),
        }
    }
}

/// The highest sample.
pub(crate) fn peak(samples: &[Sample]) -> u64 {
    samples.iter().map(Sample::bytes).max().unwrap_or(0)
}

/// All samples of one process in order of time, in bytes.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Course {
    /// Mean over time.
    pub(crate) mean_bytes: f64,
    /// Highest.
    pub(crate) peak_bytes: u64,
    /// Last.
    pub(crate) final_bytes: u64,
    /// At least two.
    pub(crate) samples: Vec<Sample>,
}

impl Course {
    /// The course that `samples` show, in order of time; an error below two of them.
    pub(crate) fn of(samples: Vec<Sample>) -> Result<Self> {
        Ok(Self {
            mean_bytes: mean_over_time(&samples).context("too few samples of memory")?,
            peak_bytes: peak(&samples),
            final_bytes: samples.last().map_or(0, Sample::bytes),
            samples,
        })
    }

    /// The course from `at_s` on, where time and memory are zero: the last sample before it is the baseline.
    pub(crate) fn above_baseline_at(&self, at_s: f64) -> Result<Self> {
        let before = self.samples.partition_point(|sample| sample.at_s <= at_s);
        let rest = &self.samples[before.saturating_sub(1)..];
        let baseline = rest.first().map_or(0, Sample::bytes);
        Self::of(
            rest.iter()
                .map(|sample| sample.above(baseline, at_s))
                .collect(),
        )
    }

    /// Seconds from `since_s` until memory stays within `share` of its last value; zero when it did so by then.
    pub(crate) fn settling_s(&self, since_s: f64, share: f64) -> f64 {
        let last = self.final_bytes as f64;
        let is_off = |sample: &Sample| (sample.bytes() as f64 - last).abs() > share * last;
        let settled = self
            .samples
            .iter()
            .rposition(is_off)
            .map_or(0, |off| off + 1);
        let at_s = self
            .samples
            .get(settled)
            .map_or(since_s, |sample| sample.at_s);
        (at_s - since_s).max(0.0)
    }
}

/// The mean over time, in bytes: each sample counts until the next. `None` below two samples.
pub(crate) fn mean_over_time(samples: &[Sample]) -> Option<f64> {
    let point = |sample: &Sample| (sample.at_s, sample.bytes() as f64);
    statistics::mean_over_time(samples.iter().map(point))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn course(points: &[(f64, u64)]) -> Course {
        let sample = |&(at_s, charged)| Sample {
            at_s,
            mapped: None,
            charged: Some(charged),
        };
        Course::of(points.iter().map(sample).collect()).unwrap()
    }

    #[test]
    fn a_charge_goes_before_what_is_mapped() {
        let sample = |mapped, charged| Sample {
            at_s: 0.0,
            mapped,
            charged,
        };
        assert_eq!(sample(Some(9), Some(5)).bytes(), 5);
        assert_eq!(sample(Some(9), None).bytes(), 9);
    }

    #[test]
    fn a_long_sample_weighs_more() {
        let course = course(&[(0.0, 10), (1.0, 40), (4.0, 7)]);
        assert_eq!(course.mean_bytes, (10.0 + 3.0 * 40.0) / 4.0);
        assert_eq!((course.peak_bytes, course.final_bytes), (40, 7));
        assert!(Course::of(course.samples[..1].to_vec()).is_err());
    }

    #[test]
    fn what_was_there_before_does_not_count() {
        let whole = course(&[(0.0, 3), (1.0, 10), (2.0, 50), (3.0, 4)]);
        let heap = whole.above_baseline_at(1.5).unwrap();
        let bytes: Vec<u64> = heap.samples.iter().map(Sample::bytes).collect();
        assert_eq!(bytes, [0, 40, 0]);
        let times: Vec<f64> = heap.samples.iter().map(|sample| sample.at_s).collect();
        assert_eq!(times, [0.0, 0.5, 1.5]);
        assert_eq!(heap.peak_bytes, 40);
    }

    #[test]
    fn memory_has_settled_when_it_stays_near_its_last_value() {
        let course = course(&[
            (0.0, 100),
            (1.0, 200),
            (2.0, 101),
            (3.0, 150),
            (4.0, 99),
            (9.0, 100),
        ]);
        assert_eq!(course.settling_s(1.0, 0.02), 3.0);
        assert_eq!(course.settling_s(6.0, 0.02), 0.0);
        assert_eq!(course.settling_s(1.0, 2.0), 0.0);
    }
}
