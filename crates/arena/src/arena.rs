//! The arena: unused runs, frontiers and counters under one lock, and what is read without it.

use core::alloc::Layout;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicUsize, Ordering};

use heap::{Guard, Label, LargeRun, Metadata, Mutex, PageCount, PageIndex, Remapping, Run};
use sync::{Once, WriteBarrier};

use crate::aside::Aside;
use crate::ballast::Ballast;
use crate::decay::Decay;
use crate::ground::Ground;
use crate::kernel_writes::KernelWrites;
use crate::metadata::MetadataChunks;
use crate::os::Os;
use crate::page_map::PageMap;
use crate::protection::{BarrierChoice, BarrierTier, Watch};
use crate::ranges::Ranges;
use crate::run_store::{Kind, Place, RunStore};
use crate::shared_pages::SharedPages;
use crate::window::Window;

/// One range of addresses, its pages and what they hold. See the crate's description for the layout.
pub struct Arena<O: Os> {
    pub(crate) os: O,
    /// Set once, when the range was reserved.
    ground: Once<Ground>,
    pub(crate) state: Mutex<O::Lock, State>,
    pub(crate) windows: Mutex<O::Lock, Windows>,
    pub(crate) barrier: WriteBarrier,
    /// What the kernel may write to for calls of the program.
    pub(crate) kernel_writes: KernelWrites,
    /// Protection that makes writers wait in the kernel, where it can be had. Locked like the [windows](Windows).
    pub(crate) watch: Mutex<O::Lock, Watch>,
    /// Held by who puts spans onto shared pages or off them, or must know where they lie. Taken with signals blocked, and before the
    /// windows.
    pub(crate) mappings_hold: Mutex<O::Lock, ()>,
    /// Pages that are protected: none, once a barrier has ended.
    pub(crate) protected: AtomicUsize,
    /// Pieces of the window that are mapped, as its lock's holder last saw them.
    pub(crate) window_pieces: AtomicUsize,
    /// Mappings that meshing and remapping added.
    pub(crate) mappings: AtomicUsize,
    /// The system's limit on mappings; zero while nobody asked.
    pub(crate) mappings_limit: AtomicUsize,
    /// Where upkeep runs.
    pub(crate) aside: Aside,
    /// Advice that was refused: a cost, never an error.
    pub(crate) hints_refused: AtomicUsize,
}

/// The shared pages in use, their copies while a fork is under way, and what else a mesh needs of the arena.
///
/// A thread that waits for a barrier's end in a handler may hold a lock of the code that the handler interrupted. So who is
/// neither in a barrier nor keeps others out of one takes this lock [uninterrupted](Arena::with_windows), and that of the
/// watch too; a barrier needs no other lock.
pub(crate) struct Windows {
    pub(crate) current: Window,
    pub(crate) snapshot: Window,
    pub(crate) ballast: Ballast,
    pub(crate) metadata: MetadataChunks,
    /// Which pages may be shared, and what changed among them.
    pub(crate) shared: SharedPages,
    /// The changes among shared pages up to which there is room for copies of them; `None` when there is none.
    pub(crate) snapshot_of: Option<u64>,
}

/// Everything under the arena's lock.
pub(crate) struct State {
    ranges: Option<Ranges>,
    pub(crate) decay: Decay,
    pub(crate) spans: Area,
    pub(crate) large: Area,
}

/// The unused runs of one side of the arena.
pub(crate) struct Area {
    pub(crate) clean: RunStore,
    pub(crate) dirty: RunStore,
}

/// Which side of the arena a run is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Spans,
    Large,
}

/// Figures of an arena, in bytes unless they say otherwise.
#[derive(Clone, Copy, Default, Debug)]
pub struct ArenaStats {
    /// Addresses reserved.
    pub reserved: usize,
    /// Addresses open for use.
    pub opened: usize,
    /// Unused bytes that are still physically there.
    pub dirty: usize,
    /// Unused bytes that were given back.
    pub clean: usize,
    /// Memory mapped for records, and opened for tables.
    pub metadata: usize,
    /// Mappings that meshing and remapping added, as a number.
    pub mappings: usize,
    /// Mappings that may be added, as a number.
    pub mappings_limit: usize,
    /// Hints that the system refused, as a number.
    pub hints_refused: usize,
}

impl Area {
    const fn new(side: Side) -> Self {
        match side {
            Side::Spans => Self {
                clean: RunStore::new(Kind::CleanSpans),
                dirty: RunStore::new(Kind::DirtySpans),
            },
            Side::Large => Self {
                clean: RunStore::new(Kind::CleanLarge),
                dirty: RunStore::new(Kind::DirtyLarge),
            },
        }
    }

    /// A run out of the stores: a dirty one before a clean one, since its pages are there already.
    fn take(&mut self, map: &PageMap, place: Place) -> Option<(Run, bool)> {
        if let Some(run) = self.dirty.take(map, place) {
            return Some((run, false));
        }
        self.clean.take(map, place).map(|run| (run, true))
    }
}

impl State {
    const fn new() -> Self {
        Self {
            ranges: None,
            decay: Decay::new(),
            spans: Area::new(Side::Spans),
            large: Area::new(Side::Large),
        }
    }

    pub(crate) fn area(&mut self, side: Side) -> &mut Area {
        match side {
            Side::Spans => &mut self.spans,
            Side::Large => &mut self.large,
        }
    }

    /// Takes back a run whose pages may hold anything.
    pub(crate) fn give_back(&mut self, map: &PageMap, side: Side, run: Run) {
        self.area(side).dirty.insert(map, run);
        self.decay.bring(run.pages.index());
    }

    /// A run for `side`: unused ones first, then new ones, then what the other side does not use.
    fn take<O: Os>(
        &mut self,
        os: &O,
        map: &PageMap,
        side: Side,
        place: Place,
    ) -> Option<(Run, bool)> {
        if let Some(found) = self.area(side).take(map, place) {
            return Some(found);
        }
        let ranges = self.ranges.as_mut()?;
        let fresh = match side {
            Side::Spans => ranges.take_high(os, place.pages).map(|run| (run, None)),
            Side::Large => ranges.take_low(os, place),
        };
        if let Some((run, skipped)) = fresh {
            if let Some(skipped) = skipped {
                self.large.clean.insert(map, skipped);
            }
            map.set_ends(run, Label::UNLABELLED);
            return Some((run, true));
        }
        let other = if side == Side::Spans {
            Side::Large
        } else {
            Side::Spans
        };
        self.area(other).take(map, place)
    }
}

impl<O: Os> Arena<O> {
    /// An arena over `os`. Nothing is reserved before the first use.
    pub const fn new(os: O) -> Self {
        Self {
            os,
            ground: Once::new(),
            state: Mutex::new(State::new()),
            windows: Mutex::new(Windows {
                current: Window::new(),
                snapshot: Window::snapshot(),
                ballast: Ballast::new(),
                metadata: MetadataChunks::new(),
                shared: SharedPages::NONE,
                snapshot_of: None,
            }),
            barrier: WriteBarrier::new(),
            kernel_writes: KernelWrites::new(),
            watch: Mutex::new(Watch::new()),
            mappings_hold: Mutex::new(()),
            protected: AtomicUsize::new(0),
            window_pieces: AtomicUsize::new(0),
            mappings: AtomicUsize::new(0),
            mappings_limit: AtomicUsize::new(0),
            aside: Aside::new(),
            hints_refused: AtomicUsize::new(0),
        }
    }

    /// The system below.
    pub fn os(&self) -> &O {
        &self.os
    }

    /// The word that writers to protected pages wait for.
    pub fn barrier(&self) -> &WriteBarrier {
        &self.barrier
    }

    /// Chooses how writers are kept out of pages; returns what is in use from now on. Nothing may be protected meanwhile.
    pub fn choose_barrier(&self, choice: BarrierChoice) -> BarrierTier {
        let arena = self.whole();
        self.uninterrupted(|| {
            let mut watch = self.watch.lock();
            watch.set_cautious(choice == BarrierChoice::Auto);
            match (choice, arena) {
                (BarrierChoice::Mprotect, _) | (_, None) => watch.close(&self.os),
                (_, Some(arena)) => watch.open(&self.os, arena),
            }
            watch.tier(&self.os)
        })
    }

    /// How writers are kept out of pages.
    pub fn barrier_tier(&self) -> BarrierTier {
        self.uninterrupted(|| self.watch.lock().tier(&self.os))
    }

    /// All addresses of the arena: start and length in bytes.
    pub(crate) fn whole(&self) -> Option<(NonNull<u8>, usize)> {
        let labels = self.ground()?.labels;
        let start = NonNull::new(labels.address_of(PageIndex(0)) as *mut u8)?;
        Some((start, labels.page_count() * O::PAGE_SIZE))
    }

    /// Sets how long unused dirty pages may stay, in milliseconds.
    pub fn set_decay(&self, period_ms: u64) {
        self.state.lock().decay.set_period(period_ms);
    }

    /// The tables, if the range could be reserved.
    pub(crate) fn ground(&self) -> Option<Ground> {
        if let Some(ground) = self.ground.value() {
            return Some(*ground);
        }
        self.prepare(&mut self.state.lock());
        self.ground.value().copied()
    }

    /// The same without a lock: what is not there yet is not waited for.
    pub(crate) fn known_ground(&self) -> Option<Ground> {
        self.ground.value().copied()
    }

    /// Reserves the range unless that was done.
    #[cold]
    fn prepare(&self, state: &mut Guard<'_, O::Lock, State>) {
        if state.ranges.is_none()
            && let Ok(ranges) = Ranges::reserve(&self.os)
        {
            // SAFETY: the state is locked, so this is the only writer.
            unsafe { self.ground.set(ranges.ground::<O>()) };
            state.ranges = Some(ranges);
        }
    }

    pub(crate) fn address(&self, page: PageIndex) -> Option<NonNull<u8>> {
        NonNull::new(self.ground()?.labels.address_of(page) as *mut u8)
    }

    pub(crate) fn bytes(run: Run) -> usize {
        run.pages.index() * O::PAGE_SIZE
    }

    /// A run for `side`, and whether all its bytes are zero.
    pub(crate) fn take(&self, side: Side, place: Place) -> Option<(Run, bool)> {
        if place.pages.0 == 0 {
            return None;
        }
        let ground = self.ground()?;
        let take = || self.state.lock().take(&self.os, &ground.map, side, place);
        take().or_else(|| self.make_room().then(take)?)
    }

    /// Gives the ballast up, if it is on board: what a program needs at the limit of mappings comes first. Says whether that
    /// made room.
    #[cold]
    pub(crate) fn make_room(&self) -> bool {
        self.with_windows(|windows| windows.ballast.drop(&self.os))
    }

    /// Makes the large object at `page` reach to `pages` pages by taking the unused pages behind it.
    pub(crate) fn extend(&self, state: &mut State, extra: Run) -> bool {
        let Some(ground) = self.ground.value() else {
            return false;
        };
        let map = &ground.map;
        if state.large.dirty.take_at(map, extra) || state.large.clean.take_at(map, extra) {
            return true;
        }
        let Some(ranges) = state.ranges.as_mut() else {
            return false;
        };
        ranges.unused().start == extra.first.0
            && ranges
                .take_low(&self.os, Place::anywhere(extra.pages))
                .is_some()
    }

    pub(crate) fn large_run(&self, page: PageIndex) -> Option<Run> {
        let map = self.ground()?.map;
        let large = matches!(map.label(page), Label::LARGE | Label::LARGE_MOVED);
        large.then(|| Run {
            first: page,
            pages: PageCount(map.record(page)),
        })
    }

    /// Labels a run as a large object and returns its first page.
    pub(crate) fn label_large(&self, map: &PageMap, run: Run, label: Label) -> LargeRun {
        map.set_ends(run, Label::LARGE_END);
        map.set_label(run.first, label);
        map.set_record(run.first, run.pages.0);
        LargeRun {
            first: run.first,
            zeroed: false,
        }
    }

    /// Sets the limit on mappings, of which a share is left to the program.
    pub fn set_mappings_limit(&self, limit: usize) {
        self.mappings_limit.store(limit, Ordering::Relaxed);
    }

    /// The figures of now.
    pub fn stats(&self) -> ArenaStats {
        let (windows, metadata) =
            self.with_windows(|windows| (windows.current.mapped(), windows.metadata.mapped()));
        let state = self.state.lock();
        let mut stats = ArenaStats {
            mappings: self.mappings.load(Ordering::Relaxed) + windows,
            hints_refused: self.hints_refused.load(Ordering::Relaxed),
            metadata,
            dirty: (state.spans.dirty.pages() + state.large.dirty.pages()) * O::PAGE_SIZE,
            clean: (state.spans.clean.pages() + state.large.clean.pages()) * O::PAGE_SIZE,
            ..ArenaStats::default()
        };
        if let Some(ranges) = &state.ranges {
            stats.reserved = ranges.memory.len();
            stats.opened = ranges.memory.open_bytes();
            stats.metadata += ranges.tables_bytes();
        }
        drop(state);
        stats.mappings_limit = Remapping::mappings_permitted(self);
        stats
    }

    /// Runs `act` under the lock of the windows where no handler can interrupt it.
    pub(crate) fn with_windows<T>(&self, act: impl FnOnce(&mut Windows) -> T) -> T {
        self.uninterrupted(|| act(&mut self.windows.lock()))
    }

    /// Runs `act`, which takes a lock that a barrier needs, where no handler can interrupt it.
    pub(crate) fn uninterrupted<T>(&self, act: impl FnOnce() -> T) -> T {
        let mask = self.os.block_signals();
        let result = act();
        self.os.restore_signals(mask);
        result
    }
}

// SAFETY: metadata comes zeroed from the system, is handed out once, and is never unmapped.
unsafe impl<O: Os> Metadata for Arena<O> {
    fn metadata(&self, layout: Layout) -> Option<NonNull<u8>> {
        self.with_windows(|windows| {
            let Windows {
                metadata, ballast, ..
            } = windows;
            let mut allocate = || metadata.allocate(&self.os, layout);
            allocate().or_else(|| ballast.drop(&self.os).then(allocate)?)
        })
    }

    unsafe fn forget_metadata(&self, start: NonNull<u8>, len: usize) {
        // A refusal leaves it as it is.
        // SAFETY: the range is the caller's, who does not need its content (contract).
        let _ = unsafe { self.os.discard(start, len) };
    }
}
