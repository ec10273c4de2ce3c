//! Shared pages with names.

use std::collections::{BTreeMap, BTreeSet};

use heap::{PageIndex, Run};

use super::memory::{Frame, Memory};

/// Shared pages by the first page of the run that they were made for.
#[derive(Default)]
pub(super) struct Window {
    frames: BTreeMap<PageIndex, Vec<Frame>>,
    open: BTreeSet<PageIndex>,
}

impl Window {
    /// Makes the shared pages of `run` present.
    pub(super) fn open(&mut self, memory: &mut Memory, run: Run) {
        let frames = self.frames.entry(run.first);
        let frames = frames.or_insert_with(|| memory.new_shared_frames(run.pages));
        assert_eq!(
            frames.len(),
            run.pages.index(),
            "shared pages change their length"
        );
        memory.make_present(frames);
        self.open.insert(run.first);
    }

    pub(super) fn close(&mut self) {
        self.open.clear();
    }

    pub(super) fn is_closed(&self) -> bool {
        self.open.is_empty()
    }

    /// The shared pages named by `home`, which are open.
    pub(super) fn opened(&self, home: PageIndex) -> &[Frame] {
        assert!(self.open.contains(&home), "shared pages are not open");
        &self.frames[&home]
    }

    /// The shared pages named by `home`, if there are any.
    pub(super) fn get(&self, home: PageIndex) -> Option<&[Frame]> {
        self.frames.get(&home).map(Vec::as_slice)
    }

    /// All shared pages.
    pub(super) fn frames(&self) -> Vec<Frame> {
        self.frames.values().flatten().copied().collect()
    }
}
