//! Which unused pages the program does without.
//!
//! A program frees pages and takes them again all the time. What it does without shows at the *low water*: the fewest pages that
//! were unused at any time of a period. Time runs in [`STEPS`] steps per period. With each, of the pages that nobody needed through
//! the last *k* steps the share *k* / [`STEPS`] goes: all that was unused through a whole period, and sooner a part of it, whatever
//! else was taken and given back meanwhile.

use heap::Preset;

use crate::tuning::DECAY_MS;

/// Steps of a period.
const STEPS: usize = 8;

/// The steps of time.
pub(crate) struct Steps {
    /// Length of a step in milliseconds; zero keeps nothing.
    step_ms: Preset<{ DECAY_MS as usize / STEPS }>,
    /// The step that time is in.
    step: u64,
    /// Whether there are pages that should be gone.
    behind: bool,
}

/// What became of time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Passed {
    /// No step has begun, and nothing was left to do.
    Nothing,
    /// So many steps have begun; none if what was left to do of the last is to be done.
    Steps(usize),
    /// Nothing may stay.
    Everything,
}

impl Steps {
    pub(crate) const fn new() -> Self {
        Self {
            step_ms: Preset::new(),
            step: 0,
            behind: false,
        }
    }

    /// Sets the period in milliseconds.
    pub(crate) fn set_period(&mut self, period_ms: u64) {
        self.step_ms
            .store(period_ms.div_ceil(STEPS as u64) as usize);
    }

    /// Notes that pages which should be gone are still there.
    pub(crate) fn fall_behind(&mut self) {
        self.behind = true;
    }

    /// Moves time on to `now_ms`.
    pub(crate) fn advance(&mut self, now_ms: u64) -> Passed {
        let Some(step) = now_ms.checked_div(self.step_ms.load() as u64) else {
            return Passed::Everything;
        };
        let behind = core::mem::take(&mut self.behind);
        let passed = step.saturating_sub(self.step).min(1 + STEPS as u64) as usize;
        self.step = self.step.max(step);
        if passed == 0 && !behind {
            return Passed::Nothing;
        }
        Passed::Steps(passed)
    }
}

/// The low water of one store of unused pages.
pub(crate) struct LowWater {
    /// The fewest pages that were unused at any time of the step that time is in, and of those before it.
    fewest: [usize; 1 + STEPS],
    /// Pages that should go in this step.
    owed: usize,
}

impl LowWater {
    pub(crate) const fn new() -> Self {
        Self {
            fewest: [0; 1 + STEPS],
            owed: 0,
        }
    }

    /// Notes that the program took pages: so many are left.
    pub(crate) fn fall_to(&mut self, left: usize) {
        let [current, ..] = &mut self.fewest;
        *current = left.min(*current);
        self.owed = left.min(self.owed);
    }

    /// Notes that so many pages have gone, which the program did not take.
    pub(crate) fn lose(&mut self, pages: usize) {
        for fewest in &mut self.fewest {
            *fewest = fewest.saturating_sub(pages);
        }
        self.owed = self.owed.saturating_sub(pages);
    }

    /// Begins a step, in which `unused` pages are unused so far, the last of so many.
    pub(crate) fn pass(&mut self, steps: usize, unused: usize) {
        if steps == 0 {
            return;
        }
        let steps = steps.min(self.fewest.len());
        self.fewest.rotate_right(steps);
        for fewest in self.fewest.iter_mut().take(steps) {
            *fewest = unused;
        }
        let [_, before @ ..] = &self.fewest;
        let mut fewest = usize::MAX;
        let shares = before.iter().map(|&step| {
            fewest = fewest.min(step);
            fewest
        });
        self.owed = shares.sum::<usize>() / STEPS;
    }

    /// Notes that none of `unused` pages may stay.
    pub(crate) fn owe(&mut self, unused: usize) {
        self.owed = unused;
    }

    /// Pages that should go.
    pub(crate) fn owed(&self) -> usize {
        self.owed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is left of `unused` pages after each of some steps, in which `touched` pages are taken and given back.
    fn left(unused: usize, touched: usize, steps: usize) -> Vec<usize> {
        let mut low = LowWater::new();
        let mut left = unused;
        let steps = (0..steps).map(|_| {
            low.pass(1, left);
            let owed = low.owed();
            low.lose(owed);
            left -= owed;
            low.fall_to(left.saturating_sub(touched));
            left
        });
        steps.collect()
    }

    #[test]
    fn what_nobody_takes_goes_within_a_period() {
        let left = left(800, 0, 1 + STEPS);
        assert!(
            left.is_sorted_by(|before, after| before > after),
            "{left:?}"
        );
        assert_eq!((left[0], left[1], left[STEPS]), (800, 700, 0));
    }

    #[test]
    fn what_is_taken_and_given_back_stays() {
        let left = left(800, 100, 4 * STEPS);
        assert_eq!(
            (left[2 * STEPS], left.last()),
            (100, Some(&100)),
            "{left:?}"
        );
    }

    #[test]
    fn a_long_pause_lets_everything_go() {
        let mut low = LowWater::new();
        low.pass(1, 3);
        low.fall_to(0);
        low.pass(1_000, 500);
        assert_eq!(low.owed(), 500);
        low.lose(400);
        assert_eq!(low.owed(), 100);
        low.fall_to(20);
        assert_eq!(low.owed(), 20);
    }

    #[test]
    fn who_is_behind_goes_on_within_a_step() {
        let mut steps = Steps::new();
        assert_eq!(steps.advance(DECAY_MS), Passed::Steps(STEPS));
        assert_eq!(steps.advance(DECAY_MS), Passed::Nothing);
        steps.fall_behind();
        assert_eq!(steps.advance(DECAY_MS), Passed::Steps(0));
        assert_eq!(steps.advance(DECAY_MS), Passed::Nothing);
        assert_eq!(steps.advance(0), Passed::Nothing, "time does not run back");
        let step = DECAY_MS / STEPS as u64;
        assert_eq!(steps.advance(DECAY_MS + 2 * step), Passed::Steps(2));
    }

    #[test]
    fn a_period_of_zero_keeps_nothing() {
        let mut steps = Steps::new();
        steps.set_period(0);
        assert_eq!(steps.advance(7), Passed::Everything);
        let mut low = LowWater::new();
        low.owe(5);
        assert_eq!(low.owed(), 5);
    }
}
