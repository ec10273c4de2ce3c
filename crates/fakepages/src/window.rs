//! Shared pages with names.

use std::collections::{BTreeMap, BTreeSet};

use heap::{PageIndex, Run};

use super::memory::{Frame, Memory, pages};

/// Shared pages, each by the page that it was made for.
#[derive(Default)]
pub(super) struct Window {
    frames: BTreeMap<PageIndex, Frame>,
    open: BTreeSet<PageIndex>,
}

impl Window {
    /// Makes the shared pages of `run` present.
    pub(super) fn open(&mut self, memory: &mut Memory, run: Run) {
        for page in pages(run) {
            let new_frame = || memory.new_shared_frame();
            let frame = *self.frames.entry(page).or_insert_with(new_frame);
            memory.make_present(frame);
            self.open.insert(page);
        }
    }

    pub(super) fn close(&mut self) {
        self.open.clear();
    }

    pub(super) fn is_closed(&self) -> bool {
        self.open.is_empty()
    }

    /// The shared pages made for `run`, which are open.
    pub(super) fn opened(&self, run: Run) -> Vec<Frame> {
        let is_open = pages(run).all(|page| self.open.contains(&page));
        assert!(is_open, "shared pages are not open");
        self.get(run)
    }

    /// The shared pages made for `run`.
    pub(super) fn get(&self, run: Run) -> Vec<Frame> {
        let frame = |page| *self.frames.get(&page).expect("there are shared pages");
        pages(run).map(frame).collect()
    }

    /// Whether the page has given a name to a shared one that is there.
    pub(super) fn names(&self, memory: &Memory, page: PageIndex) -> bool {
        let frame = self.frames.get(&page);
        frame.is_some_and(|frame| memory.frames[frame.0].present)
    }

    /// All shared pages.
    pub(super) fn frames(&self) -> Vec<Frame> {
        self.frames.values().copied().collect()
    }
}
