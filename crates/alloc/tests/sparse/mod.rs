//! A heap whose pages are sparse.

use std::hint::black_box;

/// One in so many lines stays.
const SHARE: usize = 7;

/// Lines that are left of many, each with its number in it.
pub(crate) struct Sparse(Vec<String>);

/// The line with this number, as `name` has it.
fn line(nth: usize, name: &str) -> String {
    format!("{nth:>80} is a line of {name}")
}

impl Sparse {
    /// `count` lines, of which one in seven stays.
    pub(crate) fn new(count: usize, name: &str) -> Self {
        let mut lines: Vec<_> = (0..count).map(|nth| line(nth, name)).collect();
        let mut nth = 0;
        lines.retain(|_| {
            nth += 1;
            nth % SHARE == 0
        });
        Self(black_box(lines))
    }

    /// Fails if a line is not as `name` has written it.
    pub(crate) fn check(&self, name: &str) {
        for (nth, found) in self.0.iter().enumerate() {
            assert_eq!(*found, line(SHARE * nth + SHARE - 1, name));
        }
    }

    /// Writes over all lines, where they are; the name has as many bytes as the one before.
    pub(crate) fn rename(&mut self, name: &str) {
        for (nth, place) in self.0.iter_mut().enumerate() {
            let new = line(SHARE * nth + SHARE - 1, name);
            assert_eq!(place.len(), new.len());
            place.clear();
            place.push_str(&new);
        }
    }
}
