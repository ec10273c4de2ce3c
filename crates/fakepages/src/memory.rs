//! Virtual pages, physical ones, and what the program has in them.

use std::collections::BTreeMap;

use heap::{PageCount, PageIndex, Run};

use crate::page::PAGE;

/// A physical page, by number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Frame(pub(super) usize);

pub(super) struct Physical {
    pub(super) bytes: Box<[u8; PAGE]>,
    /// Whether memory is spent on it. Frames that are not present read as zeros.
    pub(super) present: bool,
    pub(super) shared: bool,
    /// Whether it belongs to the parent of this process.
    pub(super) foreign: bool,
}

#[derive(Clone, Copy)]
pub(super) struct Virtual {
    /// Whether nothing is mapped there, as in a child that a page was left out of.
    pub(super) missing: bool,
    pub(super) frame: Option<Frame>,
    pub(super) protected: bool,
    /// The shared page that it was put onto, by name.
    pub(super) onto: Option<PageIndex>,
    /// What the heap noted for the page.
    pub(super) record: u32,
    pub(super) next: Option<PageIndex>,
}

/// What a run in use is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Purpose {
    Span,
    Large,
}

pub(super) struct Memory {
    pub(super) base: usize,
    pub(super) pages: Vec<Virtual>,
    pub(super) frames: Vec<Physical>,
    unused_frames: Vec<Frame>,
    /// Runs in use by their first page.
    runs: BTreeMap<PageIndex, (PageCount, Purpose)>,
    /// The program's objects by address, with what it wrote there.
    pub(super) objects: BTreeMap<usize, Vec<u8>>,
}

/// The pages of a run.
pub(super) fn pages(run: Run) -> impl Iterator<Item = PageIndex> {
    (run.first.0..run.end().0).map(PageIndex)
}

impl Memory {
    pub(super) fn new(base: usize, count: u32) -> Self {
        let page = Virtual {
            missing: false,
            frame: None,
            protected: false,
            onto: None,
            record: 0,
            next: None,
        };
        Self {
            base,
            pages: vec![page; count as usize],
            frames: Vec::new(),
            unused_frames: Vec::new(),
            runs: BTreeMap::new(),
            objects: BTreeMap::new(),
        }
    }

    // Runs.

    /// The lowest unused run that is long enough and aligned.
    pub(super) fn find_unused(&self, count: PageCount, align: u32) -> Option<Run> {
        let count_of_pages = self.pages.len();
        let aligned = (0..count_of_pages).step_by(align as usize).map(PageIndex);
        let mut runs = aligned.map(|first| Run {
            first,
            pages: count,
        });
        runs.find(|&run| run.end().0 <= count_of_pages && self.is_unused(run))
    }

    pub(super) fn is_unused(&self, run: Run) -> bool {
        let below = self.runs.range(..run.end()).next_back();
        run.end().index() <= self.pages.len()
            && below.is_none_or(|(&first, &(count, _))| first.plus(count) <= run.first)
    }

    /// Puts a run to use, on private pages that hold `fill`.
    pub(super) fn take(&mut self, run: Run, purpose: Purpose, fill: u8) {
        assert!(self.is_unused(run));
        self.runs.insert(run.first, (run.pages, purpose));
        self.put_on_private_pages(run, fill);
    }

    pub(super) fn put_on_private_pages(&mut self, run: Run, fill: u8) {
        for page in pages(run) {
            let frame = self.new_frame(fill, false);
            self.put(page, Some(frame));
        }
    }

    /// Takes back a run on which the program has nothing.
    pub(super) fn retire(&mut self, run: Run, purpose: Purpose) {
        let found = self.runs.remove(&run.first);
        assert_eq!(
            found,
            Some((run.pages, purpose)),
            "{run:?} is no run in use"
        );
        assert!(self.objects_in(run).next().is_none(), "{run:?} is in use");
        pages(run).for_each(|page| self.put(page, None));
    }

    pub(super) fn run_at(&self, first: PageIndex, purpose: Purpose) -> Option<Run> {
        let &(pages, found) = self.runs.get(&first)?;
        (found == purpose).then_some(Run { first, pages })
    }

    /// The pages of the spans from `first` on, one behind the other, that have the first `len` pages.
    pub(super) fn spans_at(&self, first: PageIndex, len: usize) -> Run {
        let mut all = Run {
            first,
            pages: PageCount(0),
        };
        while all.pages.index() < len {
            let span = self.run_at(all.end(), Purpose::Span);
            all.pages.0 += span.expect("a span is here").pages.0;
        }
        all
    }

    /// Changes the length of a run in use; new pages are private ones.
    pub(super) fn resize(&mut self, run: Run, count: PageCount) {
        let purpose = self.runs[&run.first].1;
        let resized = Run {
            pages: count,
            ..run
        };
        self.runs.insert(run.first, (count, purpose));
        for page in pages(run).filter(|page| page.0 >= resized.end().0) {
            self.put(page, None);
        }
        if count > run.pages {
            let extra = Run {
                first: run.end(),
                pages: PageCount(count.0 - run.pages.0),
            };
            self.put_on_private_pages(extra, 0x5a);
        }
    }

    pub(super) fn runs_in_use(&self) -> usize {
        self.runs.len()
    }

    // Frames.

    fn new_frame(&mut self, fill: u8, shared: bool) -> Frame {
        let physical = Physical {
            bytes: Box::new([fill; PAGE]),
            present: true,
            shared,
            foreign: false,
        };
        match self.unused_frames.pop() {
            Some(frame) => {
                self.frames[frame.0] = physical;
                frame
            }
            None => {
                self.frames.push(physical);
                Frame(self.frames.len() - 1)
            }
        }
    }

    pub(super) fn new_shared_frame(&mut self) -> Frame {
        self.new_frame(0, true)
    }

    pub(super) fn make_present(&mut self, frame: Frame) {
        self.frames[frame.0].present = true;
    }

    /// Spends no memory on the shared frames any more; whoever is still on them reads zeros.
    pub(super) fn punch(&mut self, frames: impl IntoIterator<Item = Frame>) {
        for frame in frames {
            let physical = &mut self.frames[frame.0];
            assert!(physical.shared && !physical.foreign);
            physical.present = false;
            physical.bytes.fill(0);
        }
    }

    /// Puts a page onto a frame. A private frame that it was on is gone.
    pub(super) fn put(&mut self, page: PageIndex, frame: Option<Frame>) {
        let entry = &mut self.pages[page.index()];
        entry.protected = false;
        entry.missing = false;
        entry.onto = None;
        let before = core::mem::replace(&mut entry.frame, frame);
        if let Some(before) = before.filter(|frame| !self.frames[frame.0].shared) {
            self.frames[before.0].present = false;
            self.unused_frames.push(before);
        }
    }

    /// Takes a page off its private frame, which stays.
    pub(super) fn detach(&mut self, page: PageIndex) -> Option<Frame> {
        self.pages[page.index()].frame.take()
    }

    /// Whether a mapping ends before `page`: it lies on a shared page, or the page before it does, and these do not follow
    /// each other.
    pub(super) fn is_border(&self, page: PageIndex) -> bool {
        let onto = |page: usize| self.pages.get(page).and_then(|page| page.onto);
        let Some(before) = page.0.checked_sub(1) else {
            return false;
        };
        match (onto(before), onto(page.0)) {
            (None, None) => false,
            (Some(left), Some(right)) => left.0 + 1 != right.0,
            _ => true,
        }
    }

    /// Mappings beyond the first one.
    pub(super) fn borders(&self) -> usize {
        let all = (0..self.pages.len()).map(PageIndex);
        all.filter(|&page| self.is_border(page)).count()
    }

    pub(super) fn is_shared(&self, page: PageIndex) -> bool {
        let frame = self.pages[page.index()].frame;
        frame.is_some_and(|frame| self.frames[frame.0].shared)
    }

    pub(super) fn frames_present(&self) -> usize {
        let spent = |frame: &&Physical| frame.present && !frame.foreign;
        self.frames.iter().filter(spent).count()
    }

    /// All shared frames but `own` belong to the parent from here on.
    pub(super) fn shared_frames_become_foreign(&mut self, own: &[Frame]) {
        for page in &mut self.pages {
            page.missing = page.frame.is_some_and(|frame| self.frames[frame.0].shared);
        }
        let shared = self.frames.iter_mut().filter(|frame| frame.shared);
        shared.for_each(|frame| frame.foreign = true);
        own.iter()
            .for_each(|frame| self.frames[frame.0].foreign = false);
    }

    /// Copies bytes of pages to frames, at the same offset.
    pub(super) fn copy_to_frames(
        &mut self,
        from: PageIndex,
        to: &[Frame],
        offset: usize,
        len: usize,
    ) {
        let (mut at, end) = (offset, offset + len);
        while at < end {
            let (page, within) = (at / PAGE, at % PAGE);
            let piece = within..PAGE.min(within + end - at);
            let source = self.pages[from.index() + page]
                .frame
                .expect("memory is there");
            let bytes = self.frames[source.0].bytes[piece.clone()].to_vec();
            let target = &mut self.frames[to[page].0];
            assert!(target.present && !target.foreign);
            target.bytes[piece.clone()].copy_from_slice(&bytes);
            at += piece.len();
        }
    }

    pub(super) fn copy_frames(&mut self, from: &[Frame], to: &[Frame]) {
        for (from, to) in from.iter().zip(to) {
            let bytes = self.frames[from.0].bytes.clone();
            self.frames[to.0].bytes = bytes;
        }
    }

    /// The frames of a run.
    pub(super) fn frames_of(&self, run: Run) -> Vec<Frame> {
        pages(run)
            .filter_map(|page| self.pages[page.index()].frame)
            .collect()
    }
}
