//! What a failed test shows.

use core::fmt;

use crate::Bitmap;

/// Shows the set as its members: `{0, 3, 64}`.
impl<const WORDS: usize> fmt::Debug for Bitmap<WORDS> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}
