//! A thread that samples the physical memory of another process.

use crate::physical::Physical;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Physical memory at one time.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub(crate) struct Sample {
    /// Seconds since the sampler was started.
    pub(crate) at_s: f64,
    /// `Pss` plus page tables.
    pub(crate) bytes: u64,
}

/// A running sampler; it ends with this value, or with the process.
pub(crate) struct Sampler {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<Vec<Sample>>>,
}

impl Sampler {
    /// Samples process `pid` about every `period`, less often when a sample takes more than a tenth of it.
    pub(crate) fn start(pid: u32, period: Duration) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&stop);
        let thread = std::thread::spawn(move || collect(pid, period, &seen));
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

fn collect(pid: u32, period: Duration, stop: &AtomicBool) -> Vec<Sample> {
    let started = Instant::now();
    let mut samples = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let before = Instant::now();
        let Ok(now) = Physical::of_process(pid) else {
            break;
        };
        samples.push(Sample {
            at_s: started.elapsed().as_secs_f64(),
            bytes: now.total(),
        });
        std::thread::park_timeout(period.max(before.elapsed() * 10));
    }
    samples
}

/// The highest sample.
pub(crate) fn peak(samples: &[Sample]) -> u64 {
    samples.iter().map(|sample| sample.bytes).max().unwrap_or(0)
}

/// The mean over time, in bytes: each sample counts until the next. `None` below two samples.
pub(crate) fn mean_over_time(samples: &[Sample]) -> Option<f64> {
    let (first, last) = (samples.first()?, samples.last()?);
    let area: f64 = samples
        .windows(2)
        .map(|pair| pair[0].bytes as f64 * (pair[1].at_s - pair[0].at_s))
        .sum();
    let time = last.at_s - first.at_s;
    (time > 0.0).then(|| area / time)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(at_s: f64, bytes: u64) -> Sample {
        Sample { at_s, bytes }
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
        let sampler = Sampler::start(std::process::id(), Duration::from_millis(1));
        std::thread::sleep(Duration::from_millis(300));
        let samples = sampler.stop();
        assert!(samples.len() >= 2, "{samples:?}");
        assert!(samples.is_sorted_by(|a, b| a.at_s < b.at_s));
        assert!(samples.iter().all(|sample| sample.bytes > 0));
    }
}
