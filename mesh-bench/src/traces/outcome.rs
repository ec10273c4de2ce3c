//! What the measured process is to do, and what it saw.

use crate::course::{self, Sample};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// How to play a trace.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Plan {
    pub(crate) file: PathBuf,
    /// Trace time over playing time; zero: no pauses at all.
    pub(crate) speed: f64,
    /// Seconds without requests at the end.
    pub(crate) idle_s: f64,
    /// Records, places, and milliseconds of the trace.
    pub(crate) records: u64,
    pub(crate) places: u32,
    pub(crate) milliseconds: u64,
    /// Damage the object of this record, or of a later one, to see that the check finds it.
    pub(crate) corrupt: Option<u64>,
}

impl Plan {
    /// Seconds that the pauses of the trace take.
    pub(crate) fn playing_s(&self) -> f64 {
        if self.speed > 0.0 {
            self.milliseconds as f64 / 1e3 / self.speed
        } else {
            0.0
        }
    }
}

/// What playing showed. Memory is physical, in bytes above what the process had before the first request.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Outcome {
    pub(crate) records: u64,
    /// CPU time of the process, that of measuring its memory left out.
    pub(crate) cpu_s: f64,
    /// Seconds from the first request to the last.
    pub(crate) played_s: f64,
    /// From the first request to the end of the idle time.
    pub(crate) samples: Vec<Sample>,
    /// After the last request.
    pub(crate) end_bytes: u64,
    /// After the idle time, when every live object was read once.
    pub(crate) final_bytes: u64,
    /// Objects at the end, and their bytes.
    pub(crate) live_objects: u64,
    pub(crate) live_bytes: u64,
    /// What is wrong, if anything is.
    pub(crate) damage: Option<String>,
}

impl Outcome {
    /// Mean over time while the trace was played.
    pub(crate) fn mean_bytes(&self) -> f64 {
        let played = self
            .samples
            .partition_point(|sample| sample.at_s <= self.played_s);
        let samples = &self.samples[..played];
        course::mean_over_time(samples).unwrap_or(self.end_bytes as f64)
    }

    /// Highest sample.
    pub(crate) fn peak_bytes(&self) -> u64 {
        course::peak(&self.samples)
            .max(self.end_bytes)
            .max(self.final_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_is_that_of_the_playing_and_the_peak_that_of_all() {
        let sample = |at_s, charged| Sample {
            at_s,
            mapped: None,
            charged: Some(charged),
        };
        let outcome = Outcome {
            records: 0,
            cpu_s: 0.0,
            played_s: 2.0,
            samples: vec![
                sample(0.0, 10),
                sample(1.0, 30),
                sample(2.0, 5),
                sample(9.0, 500),
            ],
            end_bytes: 5,
            final_bytes: 600,
            live_objects: 0,
            live_bytes: 0,
            damage: None,
        };
        assert_eq!(outcome.mean_bytes(), 20.0);
        assert_eq!(outcome.peak_bytes(), 600);
    }
}
