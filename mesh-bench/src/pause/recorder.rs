//! Times of single operations, in histograms.

use super::outcome::{Kind, Times};
use arrayvec::ArrayVec;
use hdrhistogram::Histogram;
use std::mem::MaybeUninit;
use std::time::{Duration, Instant};

/// Longer times count as this one.
const LONGEST: Duration = Duration::from_secs(60);

/// Significant decimal digits of a time.
const DIGITS: u8 = 3;

/// Operations between two looks at whether the thread was interrupted.
const QUANTUM: usize = 16;

/// The histograms of one thread, or of several together.
pub(crate) struct Recorder {
    kinds: [Pair; Kind::ALL.len()],
    /// Operations since the last look.
    recent: ArrayVec<(Kind, u64), QUANTUM>,
    interruptions: i64,
}

struct Pair {
    all: Histogram<u64>,
    /// Those between two looks that saw the same number of interruptions.
    undisturbed: Histogram<u64>,
}

impl Pair {
    fn new() -> Self {
        let empty = || {
            let longest = LONGEST.as_nanos() as u64;
            Histogram::new_with_bounds(1, longest, DIGITS).expect("constants in range")
        };
        Self {
            all: empty(),
            undisturbed: empty(),
        }
    }
}

impl Recorder {
    /// Nothing recorded yet; for the thread that calls this.
    pub(crate) fn new() -> Self {
        Self {
            kinds: std::array::from_fn(|_| Pair::new()),
            recent: ArrayVec::new(),
            interruptions: interruptions(),
        }
    }

    /// Does `operation` and records how long it took. Allocates nothing.
    pub(crate) fn time<T>(&mut self, kind: Kind, operation: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let result = operation();
        let nanoseconds = start.elapsed().as_nanos() as u64;
        self.recent.push((kind, nanoseconds));
        if self.recent.is_full() {
            self.look();
        }
        result
    }

    /// Sorts the recent operations by whether the scheduler took the processor from the thread meanwhile.
    fn look(&mut self) {
        let now = interruptions();
        let disturbed = now != self.interruptions;
        self.interruptions = now;
        for (kind, nanoseconds) in self.recent.drain(..) {
            let pair = &mut self.kinds[kind as usize];
            pair.all.saturating_record(nanoseconds);
            if !disturbed {
                pair.undisturbed.saturating_record(nanoseconds);
            }
        }
    }

    /// Adds what another thread recorded.
    pub(crate) fn add(&mut self, mut other: Self) {
        other.look();
        for (own, other) in self.kinds.iter_mut().zip(&other.kinds) {
            // Both have the same bounds, so there is room.
            let _ = own.all.add(&other.all);
            let _ = own.undisturbed.add(&other.undisturbed);
        }
    }

    /// The figures of one kind of operation.
    pub(crate) fn times(&mut self, kind: Kind) -> Times {
        self.look();
        let pair = &self.kinds[kind as usize];
        let at = |quantile| pair.all.value_at_quantile(quantile);
        Times {
            count: pair.all.len(),
            p50_ns: at(0.5),
            p99_ns: at(0.99),
            p999_ns: at(0.999),
            max_ns: pair.all.max(),
            undisturbed_max_ns: pair.undisturbed.max(),
        }
    }
}

/// How often the scheduler took the processor from this thread.
fn interruptions() -> i64 {
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: `usage` is a place for the result.
    unsafe { libc::getrusage(libc::RUSAGE_THREAD, usage.as_mut_ptr()) };
    // SAFETY: an rusage is integers, for which zero is a value; getrusage may have set them.
    unsafe { usage.assume_init() }.ru_nivcsw
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_counts_under_its_kind() {
        let mut recorder = Recorder::new();
        for _ in 0..QUANTUM * 2 + 1 {
            assert_eq!(recorder.time(Kind::Free, || 5), 5);
        }
        recorder.time(Kind::Read, || std::thread::sleep(Duration::from_millis(2)));
        assert_eq!(recorder.times(Kind::Free).count, QUANTUM as u64 * 2 + 1);
        assert_eq!(recorder.times(Kind::Malloc).count, 0);
        let read = recorder.times(Kind::Read);
        assert_eq!(read.count, 1);
        assert!(read.max_ns >= 2_000_000, "{read:?}");
    }

    #[test]
    fn quantiles_are_in_order_and_threads_add_up() {
        let mut sum = Recorder::new();
        for _ in 0..2 {
            let mut recorder = Recorder::new();
            for length in 0..100 {
                recorder.time(Kind::Write, || {
                    (0..length).map(std::hint::black_box).count()
                });
            }
            sum.add(recorder);
        }
        let times = sum.times(Kind::Write);
        assert_eq!(times.count, 200);
        assert!(times.p50_ns <= times.p99_ns && times.p99_ns <= times.p999_ns);
        assert!(times.p999_ns <= times.max_ns);
        assert!(times.undisturbed_max_ns <= times.max_ns);
    }
}
