//! A thread that samples the physical memory of another process.

use crate::cgroup;
use crate::physical::Physical;
use crate::statistics;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Physical memory at one time.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Sample {
    /// Seconds since the sampler was started.
    pub(crate) at_s: f64,
    /// `Pss` plus page tables: pages that were meshed and not touched since are missing.
    pub(crate) mapped: u64,
    /// What the control group of the process is charged for; `None` when it has none of its own.
    pub(crate) charged: Option<u64>,
}

impl Sample {
    /// The charge where there is one, else what is mapped.
    pub(crate) fn bytes(&self) -> u64 {
        self.charged.unwrap_or(self.mapped)
    }
}

/// A running sampler; it ends with this value, or with the process.
pub(crate) struct Sampler {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<Vec<Sample>>>,
}

impl Sampler {
    /// Samples process `pid` about every `period`, less often when a sample takes more than a tenth of it; `charges` is
    /// the file with the charge of its control group.
    pub(crate) fn start(pid: u32, charges: Option<PathBuf>, period: Duration) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&stop);
        let thread = std::thread::spawn(move || collect(pid, charges.as_deref(), period, &seen));
        Self {
            stop,
            thread: Some(thread),
        }
    }

    /// Ends it and returns all samples in order of time.
    pub(crate) fn stop(mut self) -> Vec<Sample> {
        self.join()
    }

    fn join(&mut self) -> Vec<Sample> {
        // Relaxed: the samples come with the join.
        self.stop.store(true, Ordering::Relaxed);
        let Some(thread) = self.thread.take() else {
            return Vec::new();
        };
        thread.thread().unpark();
        thread.join().unwrap_or_default()
    }
}

impl Drop for Sampler {
    fn drop(&mut self) {
        self.join();
    }
}

fn collect(pid: u32, charges: Option<&Path>, period: Duration, stop: &AtomicBool) -> Vec<Sample> {
    let started = Instant::now();
    let mut samples = Vec::new();
    loop {
        // Looked at before the sample, so that the last one is later than the call that ends it.
        let last = stop.load(Ordering::Relaxed);
        let before = Instant::now();
        let Ok(now) = Physical::of_process(pid) else {
            break;
        };
        samples.push(Sample {
            at_s: started.elapsed().as_secs_f64(),
            mapped: now.total(),
            charged: charges.and_then(|file| cgroup::read_bytes(file).ok()),
        });
        if last {
            break;
        }
        std::thread::park_timeout(period.max(before.elapsed() * 10));
    }
    samples
}

/// The highest sample.
pub(crate) fn peak(samples: &[Sample]) -> u64 {
    samples.iter().map(Sample::bytes).max().unwrap_or(0)
}

/// The mean over time, in bytes: each sample counts until the next. `None` below two samples.
pub(crate) fn mean_over_time(samples: &[Sample]) -> Option<f64> {
    statistics::mean_over_time(
        samples
            .iter()
            .map(|sample| (sample.at_s, sample.bytes() as f64)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(at_s: f64, mapped: u64) -> Sample {
        Sample {
            at_s,
            mapped,
            charged: None,
        }
    }

    #[test]
    fn a_charge_goes_before_what_is_mapped() {
        assert_eq!(
            Sample {
                charged: Some(5),
                ..sample(0.0, 9)
            }
            .bytes(),
            5
        );
        assert_eq!(sample(0.0, 9).bytes(), 9);
    }

    #[test]
    fn a_long_sample_weighs_more() {
        let samples = [sample(0.0, 10), sample(1.0, 40), sample(4.0, 7)];
        assert_eq!(mean_over_time(&samples), Some((10.0 + 3.0 * 40.0) / 4.0));
        assert_eq!(peak(&samples), 40);
        assert_eq!(mean_over_time(&samples[..1]), None);
    }

    #[test]
    fn samples_come_in_order_until_it_is_stopped() {
        let sampler = Sampler::start(std::process::id(), None, Duration::from_millis(1));
        std::thread::sleep(Duration::from_millis(300));
        let samples = sampler.stop();
        assert!(samples.len() >= 2, "{samples:?}");
        assert!(samples.is_sorted_by(|a, b| a.at_s < b.at_s));
        assert!(samples.iter().all(|sample| sample.bytes() > 0));
    }
}
