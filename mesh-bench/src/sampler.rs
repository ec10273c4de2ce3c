//! A thread that samples the physical memory of another process.

use crate::cgroup::{self, Charge, MemoryGroup};
use crate::course::Sample;
use crate::physical::Physical;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Which accounts of memory a sampler reads.
#[derive(Clone, Debug)]
pub(crate) enum Accounts {
    /// `Pss` plus page tables. The kernel walks all mappings for it, and holds a lock that the process may want.
    Mapped,
    /// What a control group is charged for, from the file with it: hardly any work.
    Charged(PathBuf),
    /// Both.
    Both(PathBuf),
    /// What the control group of that directory is charged for, without cached pages of files.
    Kept(PathBuf),
    /// `Pss` plus page tables of the process and all its descendants.
    Family,
}

impl Accounts {
    /// The charge in `charges` alone if there is such a file.
    pub(crate) fn cheapest(charges: Option<PathBuf>) -> Self {
        charges.map_or(Self::Mapped, Self::Charged)
    }

    /// Both, as far as there is a file with a charge.
    pub(crate) fn all(charges: Option<PathBuf>) -> Self {
        charges.map_or(Self::Mapped, Self::Both)
    }

    /// Of a service with files and several processes, as far as there is a group.
    pub(crate) fn of_service(group: Option<&MemoryGroup>) -> Self {
        group.map_or(Self::Family, |group| {
            Self::Kept(group.directory().to_owned())
        })
    }

    /// One sample of process `pid`; an error when an account is no longer there.
    pub(crate) fn sample(&self, pid: u32, at_s: f64) -> io::Result<Sample> {
        let mapped = || Physical::of_process(pid).map(Physical::total);
        let (mapped, charged) = match self {
            Self::Mapped => (Some(mapped()?), None),
            Self::Charged(file) => (None, Some(cgroup::read_bytes(file)?)),
            Self::Both(file) => (Some(mapped()?), Some(cgroup::read_bytes(file)?)),
            Self::Kept(group) => (None, Some(Charge::of(group)?.kept)),
            Self::Family => (Some(Physical::of_tree(pid).total()), None),
        };
        Ok(Sample {
            at_s,
            mapped,
            charged,
        })
    }
}

/// A running sampler; it ends with this value, or when there is no more to read.
pub(crate) struct Sampler {
    started: Instant,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<Vec<Sample>>>,
}

impl Sampler {
    /// Samples process `pid` about every `period`, less often when a sample takes more than a tenth of it.
    pub(crate) fn start(pid: u32, accounts: Accounts, period: Duration) -> Self {
        let started = Instant::now();
        let stop = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&stop);
        let thread = std::thread::spawn(move || collect(pid, &accounts, started, period, &seen));
        Self {
            started,
            stop,
            thread: Some(thread),
        }
    }

    /// Seconds since the start: the clock of the samples.
    pub(crate) fn now_s(&self) -> f64 {
        self.started.elapsed().as_secs_f64()
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

fn collect(
    pid: u32,
    accounts: &Accounts,
    started: Instant,
    period: Duration,
    stop: &AtomicBool,
) -> Vec<Sample> {
    let mut samples = Vec::new();
    loop {
        // Looked at before the sample, so that the last one is later than the call that ends it.
        let last = stop.load(Ordering::Relaxed);
        let before = Instant::now();
        let Ok(sample) = accounts.sample(pid, started.elapsed().as_secs_f64()) else {
            break;
        };
        samples.push(sample);
        if last {
            break;
        }
        std::thread::park_timeout(period.max(before.elapsed() * 10));
    }
    samples
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_come_in_order_until_it_is_stopped() {
        let own = std::process::id();
        let sampler = Sampler::start(own, Accounts::Mapped, Duration::from_millis(1));
        std::thread::sleep(Duration::from_millis(300));
        let asked_s = sampler.now_s();
        let samples = sampler.stop();
        assert!(samples.len() >= 2, "{samples:?}");
        assert!(samples.is_sorted_by(|a, b| a.at_s < b.at_s));
        assert!(samples.iter().all(|sample| sample.bytes() > 0));
        assert!(samples.last().unwrap().at_s >= asked_s);
    }

    #[test]
    fn each_account_is_read_where_it_is_asked_for() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("usage");
        std::fs::write(&file, "1000\n").unwrap();
        let own = std::process::id();
        let sample = |accounts: Accounts| accounts.sample(own, 0.0).unwrap();
        let charged = sample(Accounts::cheapest(Some(file.clone())));
        assert_eq!((charged.mapped, charged.charged), (None, Some(1000)));
        let both = sample(Accounts::all(Some(file)));
        assert!(both.mapped.is_some());
        assert_eq!(both.charged, Some(1000));
        assert_eq!(sample(Accounts::all(None)).charged, None);
        assert!(
            Accounts::Charged("/nowhere".into())
                .sample(own, 0.0)
                .is_err()
        );
    }
}
