//! How many unused dirty pages may stay.
//!
//! Pages that became unused a while ago count less and less: a page freed at time *t* may stay, in the mean, until
//! *t* + [`DECAY_MS`]. Time runs in [`STEPS`] steps per decay period; the ring remembers how many pages each step brought.

use crate::tuning::DECAY_MS;

const STEPS: usize = 8;

pub(crate) struct Decay {
    /// Length of a step in milliseconds; zero keeps nothing.
    step_ms: u64,
    /// The step that time is in.
    step: u64,
    /// Whether there are more pages than may stay.
    behind: bool,
    /// Pages that the last steps brought, indexed by step number modulo the length.
    brought: [usize; STEPS],
}

impl Decay {
    pub(crate) const fn new() -> Self {
        Self {
            step_ms: DECAY_MS / STEPS as u64,
            step: 0,
            behind: false,
            brought: [0; STEPS],
        }
    }

    /// Sets the period in milliseconds.
    pub(crate) fn set_period(&mut self, period_ms: u64) {
        self.step_ms = period_ms.div_ceil(STEPS as u64);
    }

    /// Notes pages that became unused.
    pub(crate) fn bring(&mut self, pages: usize) {
        let now = self.step as usize % STEPS;
        self.brought[now] += pages;
    }

    /// Notes that more pages have stayed than may.
    pub(crate) fn fall_behind(&mut self) {
        self.behind = true;
    }

    /// Moves time on to `now_ms`; says whether pages must go, since a new step began or they had to before.
    pub(crate) fn advance(&mut self, now_ms: u64) -> bool {
        let Some(step) = now_ms.checked_div(self.step_ms) else {
            return true;
        };
        let behind = core::mem::take(&mut self.behind);
        if step <= self.step {
            return behind;
        }
        let passed = (step - self.step).min(STEPS as u64);
        for late in 0..passed {
            self.brought[(step - late) as usize % STEPS] = 0;
        }
        self.step = step;
        true
    }

    /// How many pages may stay: those of the current step, and of each older one a part less.
    pub(crate) fn allowance(&self) -> usize {
        if self.step_ms == 0 {
            return 0;
        }
        (0..STEPS as u64)
            .filter_map(|age| {
                let brought = self.brought[self.step.checked_sub(age)? as usize % STEPS];
                Some(brought * (STEPS - age as usize) / STEPS)
            })
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_allowance_falls_to_nothing_within_a_period() {
        let mut decay = Decay::new();
        decay.advance(10 * DECAY_MS);
        decay.bring(800);
        assert_eq!(decay.allowance(), 800);
        let mut before = 800;
        for step in 1..=STEPS as u64 {
            decay.advance(10 * DECAY_MS + step * DECAY_MS / STEPS as u64);
            let now = decay.allowance();
            assert!(now < before, "step {step}: {now} is not below {before}");
            before = now;
        }
        assert_eq!(before, 0);
    }

    #[test]
    fn who_is_behind_goes_on_within_a_step() {
        let mut decay = Decay::new();
        assert!(decay.advance(DECAY_MS));
        assert!(!decay.advance(DECAY_MS));
        decay.fall_behind();
        assert!(decay.advance(DECAY_MS));
        assert!(!decay.advance(DECAY_MS));
    }

    #[test]
    fn a_long_pause_forgets_everything() {
        let mut decay = Decay::new();
        decay.advance(DECAY_MS);
        decay.bring(5);
        assert!(decay.advance(1_000 * DECAY_MS));
        assert_eq!(decay.allowance(), 0);
    }

    #[test]
    fn a_period_of_zero_keeps_nothing() {
        let mut decay = Decay::new();
        decay.set_period(0);
        decay.bring(5);
        assert!(decay.advance(7));
        assert_eq!(decay.allowance(), 0);
    }
}
