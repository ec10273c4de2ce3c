//! What a forking process shall do.

use crate::fragment::hash;
use serde::{Deserialize, Serialize};

/// The whole plan.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Plan {
    /// Bytes to allocate.
    pub(crate) heap: u64,
    /// Bytes of each object.
    pub(crate) size: usize,
    /// The share of the objects that live on, each with this chance; the others are freed before the first fork.
    pub(crate) keep: f64,
    /// Forks to measure.
    pub(crate) forks: usize,
    /// Threads beside the one that forks.
    pub(crate) threads: u16,
    /// Seed of the survivors.
    pub(crate) seed: u64,
}

impl Plan {
    /// The number of objects that reach the heap's size.
    pub(crate) fn objects(&self) -> u64 {
        self.heap.div_ceil(self.size as u64)
    }

    /// Whether object `index` lives on.
    pub(crate) fn keeps(&self, index: u64) -> bool {
        (hash(self.seed, index) as f64) < self.keep * 2f64.powi(64)
    }

    /// Whether something is freed, so that there is something to mesh.
    pub(crate) fn fragments(&self) -> bool {
        self.keep < 1.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(keep: f64) -> Plan {
        Plan {
            heap: (1 << 20) + 1,
            size: 512,
            keep,
            forks: 1,
            threads: 0,
            seed: 1,
        }
    }

    #[test]
    fn objects_reach_the_heap_and_no_more() {
        assert_eq!(plan(1.0).objects(), 2049);
    }

    #[test]
    fn about_the_asked_share_lives_on() {
        let plan = plan(0.25);
        let kept = (0..40_000).filter(|&index| plan.keeps(index)).count();
        assert!((9_200..10_800).contains(&kept), "{kept}");
        assert!(plan.fragments());
    }

    #[test]
    fn a_whole_heap_has_all_its_objects() {
        assert!((0..1000).all(|index| plan(1.0).keeps(index)));
        assert!(!plan(1.0).fragments());
    }
}
