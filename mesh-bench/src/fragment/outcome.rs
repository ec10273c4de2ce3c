//! What a child reports.

use super::gauge::Heap;
use crate::physical::Physical;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The figures of one run.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Outcome {
    /// Objects allocated.
    pub(crate) objects: u64,
    /// Objects kept.
    pub(crate) kept: u64,
    /// Bytes asked for in all objects.
    pub(crate) allocated_bytes: u64,
    /// Bytes asked for in the kept objects.
    pub(crate) live_bytes: u64,
    /// Bytes of the kept objects as the allocator reports them.
    pub(crate) live_usable_bytes: u64,
    /// The whole process before the first object: program, libraries and the tool's own table.
    pub(crate) baseline: Physical,
    /// The heap with all objects live.
    pub(crate) full: Heap,
    /// The heap at once after freeing.
    pub(crate) freed: Heap,
    /// The heap after the wait, before anything was read.
    pub(crate) unread: Heap,
    /// The heap after the wait, once every kept object was read.
    pub(crate) settled: Heap,
    /// The heap after every kept object was written again.
    pub(crate) rewritten: Heap,
    /// Mappings of the process after the wait, beyond those with all objects live.
    pub(crate) mappings_added: u64,
    /// Pages that the kept objects need at least.
    pub(crate) minimum_pages: u64,
    /// The first damaged byte, if any.
    pub(crate) damage: Option<Damage>,
}

/// Where a kept object was not as it was left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Damage {
    /// Which object.
    pub(crate) object: usize,
    /// Which byte of it.
    pub(crate) offset: usize,
    /// Whether it was found after rewriting.
    pub(crate) rewritten: bool,
}

/// Bytes of a page on the reference platform; shares do not depend on it.
pub(crate) const PAGE: u64 = 4096;

impl Outcome {
    /// Pages by which the heap fell between all live and the end of the wait.
    pub(crate) fn released_pages(&self) -> u64 {
        self.full.bytes().saturating_sub(self.settled.bytes()) / PAGE
    }

    /// Pages by which it could fall at most.
    pub(crate) fn releasable_pages(&self) -> u64 {
        (self.full.bytes() / PAGE).saturating_sub(self.minimum_pages)
    }

    /// Bytes released for each 1,000 mappings added; `None` when none were.
    pub(crate) fn released_per_thousand(&self) -> Option<f64> {
        let released = (self.released_pages() * PAGE) as f64;
        (self.mappings_added > 0).then(|| released * 1000.0 / self.mappings_added as f64)
    }

    /// The share of the releasable pages that were released; `None` when nothing could be.
    pub(crate) fn released_share(&self) -> Option<f64> {
        let releasable = self.releasable_pages();
        (releasable > 0).then(|| self.released_pages() as f64 / releasable as f64)
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let when = if self.rewritten {
            "after it was written again"
        } else {
            "after the wait"
        };
        write!(
            f,
            "verification failed: byte {} of object {} changed {when}",
            self.offset, self.object
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pages(count: u64) -> Heap {
        Heap {
            mapped: count * PAGE,
            charged: None,
        }
    }

    #[test]
    fn the_share_is_of_what_could_be_released() {
        let outcome = Outcome {
            full: pages(100),
            settled: pages(55),
            minimum_pages: 10,
            ..Outcome::default()
        };
        assert_eq!(
            (outcome.released_pages(), outcome.releasable_pages()),
            (45, 90)
        );
        assert_eq!(outcome.released_share(), Some(0.5));
    }

    #[test]
    fn what_is_released_is_set_against_mappings() {
        let mut outcome = Outcome {
            full: pages(100),
            settled: pages(40),
            ..Outcome::default()
        };
        assert_eq!(outcome.released_per_thousand(), None);
        outcome.mappings_added = 30;
        assert_eq!(outcome.released_per_thousand(), Some(2000.0 * PAGE as f64));
    }

    #[test]
    fn a_heap_that_grew_released_nothing() {
        let outcome = Outcome {
            full: pages(10),
            settled: pages(11),
            minimum_pages: 10,
            ..Outcome::default()
        };
        assert_eq!(outcome.released_pages(), 0);
        assert_eq!(outcome.released_share(), None);
    }
}
