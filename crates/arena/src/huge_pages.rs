//! Whether large objects lie on huge pages.
//!
//! Spans never do in a heap that meshes: a remap of one page parts a huge one, and memory would come back in larger pieces only.

use core::ptr::NonNull;

use heap::{PageIndex, Run};

use crate::area::Side;
use crate::arena::Arena;
use crate::os::{Advice, Os};
use crate::page_map::PageMap;

/// What is asked of the system for large objects.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum HugePages {
    /// Nothing: it does as it does with all memory.
    #[default]
    AsUsual,
    /// None, whatever it does otherwise.
    Never,
    /// As many as there are, where it gives them to those who ask.
    Always,
}

impl HugePages {
    /// What is said of pages that were mapped for large objects.
    fn advice(self) -> Option<Advice> {
        match self {
            Self::AsUsual => None,
            Self::Never => Some(Advice::NoHugePages),
            Self::Always => Some(Advice::HugePages),
        }
    }

    /// Says it of `run`. A system without huge pages refuses, which changes nothing.
    #[inline]
    pub(crate) fn ask<O: Os>(self, os: &O, map: &PageMap, run: Run) {
        if let Some(advice) = self.advice() {
            advise(os, map, run, advice);
        }
    }
}

/// Apart: some stacks are small.
#[cold]
#[inline(never)]
fn advise<O: Os>(os: &O, map: &PageMap, run: Run, advice: Advice) {
    if let Some(at) = NonNull::new(map.address(run.first) as *mut u8) {
        let _ = os.advise(at, run.pages.index() * O::PAGE_SIZE, advice);
    }
}

impl<O: Os> Arena<O> {
    /// Sets what is asked of the system for large objects, those that there are included; [`AsUsual`](HugePages::AsUsual) is said of none,
    /// and holds for what comes. Records and tables that lie among them go along.
    pub fn set_huge_pages(&self, wanted: HugePages) {
        let mut state = self.state.lock();
        state.huge_pages = wanted;
        let (Some(ground), Some(advice)) = (self.known_ground(), wanted.advice()) else {
            return;
        };
        for pages in Side::Large.segments(ground).iter() {
            let start = ground.map.address(PageIndex(pages.start)) as *mut u8;
            if let Some(at) = NonNull::new(start) {
                self.hint(at, pages.len() * O::PAGE_SIZE, advice);
            }
        }
    }

    /// What is asked of the system for large objects.
    pub fn huge_pages(&self) -> HugePages {
        self.state.lock().huge_pages
    }
}
