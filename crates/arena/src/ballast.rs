//! Mappings that are held only to be given up.
//!
//! A step that must not fail (finishing a group, dissolving one, fork) may meet the limit on mappings. Giving the ballast
//! up makes room for it.

use core::ptr::NonNull;

use crate::os::{Access, Os};

/// Mappings held.
const MAPPINGS: usize = 16;

pub(crate) struct Ballast {
    at: Option<NonNull<u8>>,
}

// SAFETY: the range belongs to the ballast alone.
unsafe impl Send for Ballast {}

impl Ballast {
    pub(crate) const fn new() -> Self {
        Self { at: None }
    }

    /// Takes the ballast on board, if it is not there.
    pub(crate) fn load<O: Os>(&mut self, os: &O) {
        if self.at.is_some() {
            return;
        }
        let Ok(at) = os.reserve(MAPPINGS * O::PAGE_SIZE, Access::None) else {
            return;
        };
        for odd in (1..MAPPINGS).step_by(2) {
            // SAFETY: the offset is smaller than the range.
            let page = unsafe { at.add(odd * O::PAGE_SIZE) };
            // SAFETY: the range is ours and unused. Where the system refuses, the ballast is lighter.
            let _ = unsafe { os.protect(page, O::PAGE_SIZE, Access::Read) };
        }
        self.at = Some(at);
    }

    /// Gives the mappings up; says whether there were any.
    pub(crate) fn drop<O: Os>(&mut self, os: &O) -> bool {
        let Some(at) = self.at.take() else {
            return false;
        };
        // SAFETY: the range is ours and unused.
        unsafe { os.unmap(at, MAPPINGS * O::PAGE_SIZE) }.is_ok()
    }
}
