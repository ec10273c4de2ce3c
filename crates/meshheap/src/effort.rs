//! How much of a busy program's time cycles may take, by what there is to gain.
//!
//! From a hundredth, while the heap is dense or cycles find nothing, up to what was [asked for](Effort::set_most), while half of the
//! heap's memory or more could come back.

use heap::Preset;

use crate::tuning::{DENSE_PERCENT, LEAST_EFFORT, MOST_EFFORT, SPARSE_PERCENT};

/// What the heap holds.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Occupancy {
    /// Bytes that meshing could give back at the very best.
    pub(crate) possible: usize,
    /// Bytes of all objects, and of what lies unused between those that are meshed.
    pub(crate) memory: usize,
}

impl Occupancy {
    /// So many hundredths of the memory could come back.
    fn percent(self) -> u64 {
        let percent = self.possible as u128 * 100 / self.memory.max(1) as u128;
        percent.min(100) as u64
    }
}

/// Hundredths of a busy program's time.
pub(crate) struct Effort {
    /// What cycles may take at most.
    most: Preset<{ MOST_EFFORT as usize }>,
    /// What they may take now.
    now: Preset<{ LEAST_EFFORT as usize }>,
}

impl Effort {
    pub(crate) const fn new() -> Self {
        Self {
            most: Preset::new(),
            now: Preset::new(),
        }
    }

    /// Sets what cycles may take at most: no more than a hundred. Zero leaves them the time that the program does not use.
    pub(crate) fn set_most(&self, percent: u64) {
        self.most.store(percent.min(100) as usize);
        self.now.lower(percent as usize);
    }

    pub(crate) fn most(&self) -> u64 {
        self.most.load() as u64
    }

    /// What cycles may take now.
    pub(crate) fn now(&self) -> u64 {
        self.now.load() as u64
    }

    /// Whether there is more to gain than what is done anyway.
    pub(crate) fn is_raised(&self) -> bool {
        self.now() > LEAST_EFFORT
    }

    /// Fits it to what there is to gain.
    pub(crate) fn fit(&self, occupancy: Occupancy) {
        let most = self.most();
        let sparse = occupancy.percent().clamp(DENSE_PERCENT, SPARSE_PERCENT) - DENSE_PERCENT;
        let raised = most.saturating_sub(LEAST_EFFORT) * sparse / (SPARSE_PERCENT - DENSE_PERCENT);
        let effort = (LEAST_EFFORT + raised).min(most);
        self.now.store(effort as usize);
    }

    /// The last cycle found little of what it could have.
    pub(crate) fn lower(&self) {
        self.now.lower(LEAST_EFFORT as usize);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fitted(possible: usize, memory: usize) -> u64 {
        let effort = Effort::new();
        effort.fit(Occupancy { possible, memory });
        effort.now()
    }

    #[test]
    fn it_grows_with_what_there_is_to_gain() {
        assert_eq!(fitted(0, 0), LEAST_EFFORT);
        assert_eq!(fitted(5, 100), LEAST_EFFORT);
        assert_eq!(fitted(50, 100), MOST_EFFORT);
        assert_eq!(fitted(usize::MAX, usize::MAX), MOST_EFFORT);
        let all: Vec<_> = (0..=100).map(|possible| fitted(possible, 100)).collect();
        assert!(all.is_sorted(), "{all:?}");
        assert!((LEAST_EFFORT + 1..MOST_EFFORT).contains(&all[30]));
    }

    #[test]
    fn it_is_no_more_than_was_asked_for() {
        let effort = Effort::new();
        let sparse = Occupancy {
            possible: 9,
            memory: 10,
        };
        for most in [0, 1, 7, 100] {
            effort.set_most(most);
            assert!(effort.now() <= most);
            effort.fit(sparse);
            assert_eq!(effort.now(), most);
        }
        effort.lower();
        assert_eq!(effort.now(), LEAST_EFFORT);
        assert!(!effort.is_raised());
    }
}
