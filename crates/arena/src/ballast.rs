//! Mappings that are held only to be given up.
//!
//! A step that must not fail (memory for the program, finishing a group, dissolving one, fork) may meet the limit on mappings.
//! Giving the ballast up makes room for it. A fork gives up one half for the copies that its child needs; the child has the other half for its
//! own step.

use core::ptr::NonNull;

use crate::os::{Access, Os};

/// Mappings in each half.
const HALF: usize = 16;

pub(crate) struct Ballast {
    halves: [Half; 2],
}

impl Ballast {
    pub(crate) const fn new() -> Self {
        Self {
            halves: [Half::EMPTY; 2],
        }
    }

    /// Takes the ballast on board, as much of it as the system permits.
    pub(crate) fn load<O: Os>(&mut self, os: &O) {
        self.halves.iter_mut().for_each(|half| half.load(os));
    }

    /// Whether everything is on board that is to be.
    pub(crate) fn is_full(&self) -> bool {
        self.halves.iter().all(|half| half.full)
    }

    /// Gives all mappings up; says whether there were any.
    pub(crate) fn drop<O: Os>(&mut self, os: &O) -> bool {
        self.halves
            .iter_mut()
            .fold(false, |any, half| half.drop(os) | any)
    }

    /// Gives one half up, if it is there, and never the other; says whether that made room.
    pub(crate) fn lighten<O: Os>(&mut self, os: &O) -> bool {
        let [spare, _] = &mut self.halves;
        spare.drop(os)
    }
}

struct Half {
    at: Option<NonNull<u8>>,
    /// Whether each page is a mapping of its own.
    full: bool,
}

// SAFETY: the range belongs to the ballast alone.
unsafe impl Send for Half {}

impl Half {
    const EMPTY: Self = Self {
        at: None,
        full: false,
    };

    fn load<O: Os>(&mut self, os: &O) {
        if self.full {
            return;
        }
        self.drop(os);
        let Ok(at) = os.reserve(HALF * O::PAGE_SIZE, Access::None) else {
            return;
        };
        self.at = Some(at);
        self.full = (1..HALF).step_by(2).all(|odd| {
            // SAFETY: the offset is smaller than the range.
            let page = unsafe { at.add(odd * O::PAGE_SIZE) };
            // SAFETY: the range is ours and unused.
            unsafe { os.protect(page, O::PAGE_SIZE, Access::Read) }.is_ok()
        });
        if !self.full {
            // So few mappings are left that the program needs each of them.
            self.drop(os);
        }
    }

    fn drop<O: Os>(&mut self, os: &O) -> bool {
        let Some(at) = self.at.take() else {
            return false;
        };
        self.full = false;
        // SAFETY: the range is ours and unused.
        unsafe { os.unmap(at, HALF * O::PAGE_SIZE) }.is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::{FailNth, Linux};

    #[test]
    fn one_half_is_left_to_the_child() {
        let os = Linux::new();
        let mut ballast = Ballast::new();
        assert!(!ballast.is_full());
        ballast.load(&os);
        assert!(ballast.is_full());
        assert!(ballast.lighten(&os) && !ballast.is_full());
        assert!(!ballast.lighten(&os), "the other half stays");
        assert!(ballast.drop(&os));
        assert!(!ballast.drop(&os), "nothing is left");
    }

    #[test]
    fn what_was_refused_is_loaded_later() {
        let os = FailNth::new(Linux::new());
        // The first half is reserved, and cannot be taken apart.
        os.refuse(1, 2);
        let mut ballast = Ballast::new();
        ballast.load(&os);
        assert!(!ballast.is_full());
        ballast.load(&os);
        assert!(ballast.is_full());
        ballast.drop(&os);
        os.refuse(0, u64::MAX);
        ballast.load(&os);
        assert!(!ballast.is_full() && !ballast.lighten(&os));
    }
}
