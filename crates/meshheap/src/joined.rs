//! Neighbouring runs as one.
//!
//! A system call for a run of a hundred spans costs much less than a hundred calls: a fork protects whole ranges.

use heap::{PageCount, Run};

/// The runs of an iterator, those that touch the one before them joined to it.
pub(crate) struct Joined<I> {
    runs: I,
    /// The run that may still grow.
    last: Option<Run>,
}

/// Joins runs that follow each other in either direction.
pub(crate) fn joined<I: Iterator<Item = Run>>(runs: I) -> Joined<I> {
    Joined { runs, last: None }
}

impl<I: Iterator<Item = Run>> Iterator for Joined<I> {
    type Item = Run;

    fn next(&mut self) -> Option<Run> {
        for run in self.runs.by_ref() {
            let Some(last) = self.last else {
                self.last = Some(run);
                continue;
            };
            match union(last, run) {
                Some(both) => self.last = Some(both),
                None => return self.last.replace(run),
            }
        }
        self.last.take()
    }
}

/// Both runs as one, if they touch.
fn union(one: Run, other: Run) -> Option<Run> {
    let touch = one.end() == other.first || other.end() == one.first;
    touch.then(|| Run {
        first: one.first.min(other.first),
        pages: PageCount(one.pages.0 + other.pages.0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use heap::PageIndex;
    use std::vec::Vec;

    fn run(first: usize, pages: u32) -> Run {
        Run {
            first: PageIndex(first),
            pages: PageCount(pages),
        }
    }

    #[test]
    fn neighbours_are_joined_in_both_directions() {
        let runs = [
            run(10, 2),
            run(12, 2),
            run(8, 2),
            run(20, 1),
            run(19, 1),
            run(30, 1),
        ];
        let joined: Vec<Run> = joined(runs.into_iter()).collect();
        assert_eq!(joined, [run(8, 6), run(19, 2), run(30, 1)]);
    }

    #[test]
    fn nothing_is_joined_over_a_gap() {
        let runs = [run(1, 1), run(3, 1), run(5, 1)];
        assert!(joined(runs.into_iter()).eq(runs));
        assert_eq!(joined(core::iter::empty()).count(), 0);
    }
}
