//! A checksum of answers that come in any order.

use std::hash::{DefaultHasher, Hash, Hasher};

/// The same for the same answers to the same questions, in whatever order they were added.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(into = "String")]
pub(crate) struct Digest(u64);

impl Digest {
    /// Adds the answer to question `number`.
    pub(crate) fn add(&mut self, number: u64, answer: &[u8]) {
        let mut hasher = DefaultHasher::new();
        (number, answer).hash(&mut hasher);
        self.0 = self.0.wrapping_add(hasher.finish());
    }

    /// Adds all answers of another.
    pub(crate) fn merge(&mut self, other: Self) {
        self.0 = self.0.wrapping_add(other.0);
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        format!("{:016x}", digest.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(answers: &[(u64, &[u8])]) -> Digest {
        let mut digest = Digest::default();
        for (number, answer) in answers {
            digest.add(*number, answer);
        }
        digest
    }

    #[test]
    fn the_order_does_not_matter_and_the_question_does() {
        let both = of(&[(1, b"a"), (2, b"b")]);
        assert_eq!(both, of(&[(2, b"b"), (1, b"a")]));
        assert_ne!(both, of(&[(1, b"b"), (2, b"a")]));
        assert_ne!(both, of(&[(1, b"a")]));
        let mut merged = of(&[(2, b"b")]);
        merged.merge(of(&[(1, b"a")]));
        assert_eq!(merged, both);
        assert_eq!(String::from(Digest::default()).len(), 16);
    }
}
