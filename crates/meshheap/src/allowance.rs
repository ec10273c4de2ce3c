//! How much of a busy program's time cycles may take.
//!
//! A leaky bucket: what a slice takes is paid back by the time that passes after it. Kept as the time at which all is paid
//! back, which may lie in the past by a bounded credit.

use core::sync::atomic::{AtomicU64, Ordering};

use crate::tuning::{CREDIT_MS, LEAST_EFFORT, PERIOD_MS};

/// Time that cycles may take of a program that has other things to do. Sleeping time is not charged.
pub(crate) struct Allowance {
    /// Milliseconds of the clock; zero before anybody asked.
    paid_at: AtomicU64,
}

impl Allowance {
    pub(crate) const fn new() -> Self {
        Self {
            paid_at: AtomicU64::new(0),
        }
    }

    /// Whether a cycle may take a slice now.
    pub(crate) fn permits(&self, now: u64) -> bool {
        let paid_at = self.paid_at.load(Ordering::Relaxed);
        if paid_at == 0 {
            // Credit is earned from here on: a short program pays as small a share as a long one.
            self.paid_at.store(now, Ordering::Relaxed);
        }
        now >= paid_at
    }

    /// Charges `nanoseconds`, of which `percent` hundredths of the time may be taken at the default period; more at a shorter one,
    /// which asks for more cycles. Returns when the next slice may be taken.
    pub(crate) fn charge(&self, now: u64, nanoseconds: u64, percent: u64, period_ms: u64) -> u64 {
        let part = (100 / percent.max(1)).min(period_ms);
        let owed = nanoseconds.saturating_mul(part) / 1_000_000;
        let oldest = now.saturating_sub(CREDIT_MS);
        let paid_at = self.paid_at.load(Ordering::Relaxed).max(oldest);
        let next = paid_at.saturating_add(owed);
        // Only who runs a cycle charges; a lost update would be a slice too many.
        self.paid_at.store(next, Ordering::Relaxed);
        next
    }
}

/// The least share at the default period is one part in as many as that has milliseconds.
const _: () = assert!(PERIOD_MS * LEAST_EFFORT == 100);

#[cfg(test)]
mod tests {
    use super::*;

    /// Slices of `slice_ms` whenever permitted, for `milliseconds`: how many.
    fn slices(allowance: &Allowance, from: u64, milliseconds: u64, slice_ms: u64) -> u64 {
        let mut count = 0;
        for now in from..from + milliseconds {
            if allowance.permits(now) {
                allowance.charge(now, slice_ms * 1_000_000, LEAST_EFFORT, PERIOD_MS);
                count += 1;
            }
        }
        count
    }

    #[test]
    fn a_hundredth_of_the_time_is_taken() {
        let allowance = Allowance::new();
        assert!((99..=101).contains(&slices(&allowance, 5_000, 10_000, 1)));
        // A search that cannot be interrupted is paid back before the next one.
        assert!((9..=11).contains(&slices(&allowance, 15_000, 10_000, 10)));
    }

    #[test]
    fn credit_is_bounded() {
        let allowance = Allowance::new();
        assert!(allowance.permits(1_000));
        let much_later = 1_000 + 100 * CREDIT_MS;
        let at_once = slices(&allowance, much_later, 100, 1);
        assert!(
            (CREDIT_MS / 100..=CREDIT_MS / 100 + 2).contains(&at_once),
            "{at_once}"
        );
    }

    #[test]
    fn there_is_no_credit_at_the_start() {
        let allowance = Allowance::new();
        let now = 1 << 40;
        assert!(allowance.permits(now));
        allowance.charge(now, 1_000_000, LEAST_EFFORT, PERIOD_MS);
        assert!(!allowance.permits(now + 99));
        assert!(allowance.permits(now + 100));
    }

    #[test]
    fn a_shorter_period_permits_more() {
        let allowance = Allowance::new();
        assert!(allowance.permits(7));
        allowance.charge(7, 10_000_000, LEAST_EFFORT, 1);
        assert!(!allowance.permits(16));
        assert!(allowance.permits(17));
    }

    #[test]
    fn a_quarter_is_a_quarter() {
        let allowance = Allowance::new();
        assert!(allowance.permits(50));
        assert_eq!(allowance.charge(50, 2_000_000, 25, PERIOD_MS), 58);
        assert!(!allowance.permits(57));
        assert!(allowance.permits(58));
    }
}
