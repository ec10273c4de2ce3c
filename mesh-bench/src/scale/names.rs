//! What locks are called.
//!
//! A process that asks once for an object of each size class tells which lock is that of which class, where it has none of them at hand. The
//! locks of the classes lie in a row, so two of them tell the others.

use super::measured::Probe;
use super::recording::Recording;
use super::sites::{Kind, Operation};
use std::collections::BTreeMap;

/// The names of `locks`: the size of the class, or the kind of lock with a number and what it is taken for most often.
pub(crate) fn of(
    recording: &Recording,
    probes: &[Probe],
    locks: &[u64],
    operations: &BTreeMap<u64, Operation>,
) -> Vec<String> {
    let mut uses: BTreeMap<u64, BTreeMap<&Operation, u64>> = BTreeMap::new();
    let mut known: BTreeMap<u64, usize> = BTreeMap::new();
    for hold in &recording.holds {
        let Some(operation) = operations.get(&hold.site) else {
            continue;
        };
        let uses = uses.entry(hold.lock).or_default();
        *uses.entry(operation).or_default() += 1;
        let claims = operation.kind == Kind::Class && operation.name.starts_with("claim");
        let at = |probe: &Probe| (probe.from..probe.to).contains(&hold.taken);
        if let Some(number) = probes.iter().position(at).filter(|_| claims) {
            known.entry(hold.lock).or_insert(number);
        }
    }
    let row = Row::through(&known);
    let mut of_kind: BTreeMap<Kind, usize> = BTreeMap::new();
    let mut names: BTreeMap<u64, String> = BTreeMap::new();
    for (&lock, uses) in &uses {
        let Some((most, _)) = uses.iter().max_by_key(|(_, times)| **times) else {
            continue;
        };
        let class = row.as_ref().filter(|_| most.kind == Kind::Class);
        let size = class.and_then(|row| probes.get(row.number(lock)?));
        let number = of_kind.entry(most.kind).or_default();
        *number += 1;
        let name = match size {
            Some(probe) => format!("class of {} B", probe.size),
            None => format!("{} {number} ({})", most.kind, most.name),
        };
        names.insert(lock, name);
    }
    let name = |lock| names.get(lock).cloned().unwrap_or_else(|| "?".into());
    locks.iter().map(name).collect()
}

/// Where the locks of classes lie.
struct Row {
    /// Of the class of number zero.
    start: u64,
    /// From one to the next.
    step: u64,
}

impl Row {
    /// The row that all of these lie in, by address; `None` if that is not so, or of less than two.
    fn through(known: &BTreeMap<u64, usize>) -> Option<Self> {
        let ((&first, &low), (&last, &high)) = (known.first_key_value()?, known.last_key_value()?);
        let step = (last - first).checked_div(high.checked_sub(low)? as u64)?;
        let row = Self {
            start: first.checked_sub(step * low as u64)?,
            step,
        };
        let fits = |(&lock, &number): (&u64, &usize)| row.number(lock) == Some(number);
        known.iter().all(fits).then_some(row)
    }

    /// The number of the class whose lock is there.
    fn number(&self, lock: u64) -> Option<usize> {
        let offset = lock.checked_sub(self.start)?;
        let is_one = self.step > 0 && offset.is_multiple_of(self.step);
        is_one.then(|| (offset / self.step) as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_locks_tell_the_others() {
        let row = Row::through(&[(1_300, 3), (1_900, 9), (2_000, 10)].into()).unwrap();
        assert_eq!((row.number(1_000), row.number(1_700)), (Some(0), Some(7)));
        assert_eq!((row.number(900), row.number(1_750)), (None, None));
    }

    #[test]
    fn what_is_in_no_row_tells_nothing() {
        assert!(Row::through(&BTreeMap::new()).is_none());
        assert!(Row::through(&[(1_300, 3)].into()).is_none());
        assert!(Row::through(&[(1_300, 3), (1_850, 8), (1_900, 9)].into()).is_none());
        assert!(Row::through(&[(1_300, 9), (1_900, 3)].into()).is_none());
    }
}
