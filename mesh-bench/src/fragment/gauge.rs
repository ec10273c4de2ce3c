//! How much physical memory the heap takes, in two accounts.
//!
//! `Pss` sees the pages that page tables point to. A page that was meshed is mapped again at its first access only, so
//! until then it takes memory that `Pss` does not show; a control group is charged for it all the time. A group's charge
//! in turn is exact to half a mebibyte only. The larger of the two is the one to believe.

use crate::cgroup;
use crate::physical::Physical;
use serde::{Deserialize, Serialize};
use std::io;
use std::path::Path;

/// Physical memory of the heap: bytes above the baseline.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Heap {
    /// `Pss` plus page tables.
    pub(crate) mapped: u64,
    /// What our control group is charged for; `None` when we are in no group of our own.
    pub(crate) charged: Option<u64>,
}

impl Heap {
    /// The larger account.
    pub(crate) fn bytes(self) -> u64 {
        self.mapped.max(self.charged.unwrap_or(0))
    }
}

/// Reads both accounts, against a baseline; allocates nothing.
pub(crate) struct Gauge<'a> {
    baseline: Physical,
    charged: Option<(&'a Path, u64)>,
}

impl<'a> Gauge<'a> {
    /// Takes the baseline; `charges` is the file with the charge of our group.
    pub(crate) fn new(charges: Option<&'a Path>) -> io::Result<Self> {
        let charged = charges.map(|file| cgroup::read_bytes(file).map(|bytes| (file, bytes)));
        Ok(Self {
            charged: charged.transpose()?,
            baseline: Physical::of_self()?,
        })
    }

    /// The process at the baseline.
    pub(crate) fn baseline(&self) -> Physical {
        self.baseline
    }

    /// The heap now.
    pub(crate) fn heap(&self) -> io::Result<Heap> {
        let mapped = Physical::of_self()?
            .total()
            .saturating_sub(self.baseline.total());
        let charged = match self.charged {
            Some((file, before)) => Some(cgroup::read_bytes(file)?.saturating_sub(before)),
            None => None,
        };
        Ok(Heap { mapped, charged })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_larger_account_counts() {
        assert_eq!(
            Heap {
                mapped: 3,
                charged: None
            }
            .bytes(),
            3
        );
        assert_eq!(
            Heap {
                mapped: 3,
                charged: Some(2)
            }
            .bytes(),
            3
        );
        assert_eq!(
            Heap {
                mapped: 3,
                charged: Some(5)
            }
            .bytes(),
            5
        );
    }

    #[test]
    fn charges_are_counted_from_the_baseline() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("usage");
        std::fs::write(&file, "1000\n").unwrap();
        let gauge = Gauge::new(Some(&file)).unwrap();
        std::fs::write(&file, "1500\n").unwrap();
        assert_eq!(gauge.heap().unwrap().charged, Some(500));
        std::fs::write(&file, "900\n").unwrap();
        assert_eq!(gauge.heap().unwrap().charged, Some(0));
        assert_eq!(Gauge::new(None).unwrap().heap().unwrap().charged, None);
    }
}
