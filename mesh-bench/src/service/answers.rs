//! Whether a server answers the same under all allocators.

use super::phase::Trial;
use crate::allocators::Allocator;
use anyhow::{Result, bail};
use std::cell::OnceCell;

/// The answers of the first trial, and its allocator.
#[derive(Default)]
pub(crate) struct Answers {
    first: OnceCell<(String, Trial)>,
}

impl Answers {
    /// An error that names the first phase in which the answers of `trial` are others than in the first trial.
    pub(crate) fn compare(&self, allocator: &Allocator, trial: &Trial) -> Result<()> {
        let (name, first) = self
            .first
            .get_or_init(|| (allocator.name.clone(), trial.clone()));
        for (own, of_first) in trial.phases.iter().zip(&first.phases) {
            if own.answers != of_first.answers {
                bail!("phase `{}`: other answers than under {name}", own.name);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::digest::Digest;
    use super::super::phase::tests::trial;
    use super::*;

    #[test]
    fn other_answers_are_an_error_with_the_phase() {
        let glibc = Allocator::named("glibc").unwrap();
        let answers = Answers::default();
        answers.compare(&glibc, &trial(1, 1.0)).unwrap();
        let mut other = trial(2, 3.0);
        answers.compare(&glibc.canary(), &other).unwrap();
        let mut digest = Digest::default();
        digest.add(1, b"else");
        other.phases[1].answers = Some(digest);
        let error = answers.compare(&glibc.canary(), &other).unwrap_err();
        assert_eq!(
            error.to_string(),
            "phase `idle`: other answers than under glibc"
        );
    }
}
