//! The arena: what is under its locks, and what is read without them.

use core::alloc::Layout;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicUsize, Ordering};

use heap::{Guard, Metadata, Mutex, PageIndex, Remapping, Run};
use sync::{Once, WriteBarrier};

use crate::area::Side;
use crate::aside::Aside;
use crate::ballast::Ballast;
use crate::ground::Ground;
use crate::kernel_writes::KernelWrites;
use crate::limit::Limit;
use crate::metadata::MetadataChunks;
use crate::os::{Advice, NotMapped, Os};
use crate::page_map::PageMap;
use crate::protection::{BarrierChoice, BarrierTier, Watch};
use crate::run_store::Place;
use crate::shared_pages::SharedPages;
use crate::site::Site;
use crate::state::State;
use crate::tuning;
use crate::window::Window;

/// Pages and what they hold. See the crate's description for the layout.
pub struct Arena<O: Os> {
    pub(crate) os: O,
    /// Set once, when the arena got its place.
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
    /// Pages of addresses behind large objects that are theirs to grow.
    pub(crate) ahead: AtomicUsize,
    /// The most that may be in use.
    pub(crate) limit: Limit,
    /// Where upkeep runs.
    pub(crate) aside: Aside,
    /// Whether spans may lie on huge pages.
    huge_pages: bool,
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
    /// Whether the snapshot has become one.
    has_snapshot: bool,
    pub(crate) ballast: Ballast,
    pub(crate) metadata: MetadataChunks,
    /// Which pages may be shared, and what changed among them.
    pub(crate) shared: SharedPages,
    /// The changes among shared pages up to which there is room for copies of them; `None` when there is none.
    pub(crate) snapshot_of: Option<u64>,
}

impl Windows {
    /// Makes the second window that of children to come, before it is first used. In a static all bytes are zero.
    pub(crate) fn begin_snapshot(&mut self) {
        if !core::mem::replace(&mut self.has_snapshot, true) {
            self.snapshot = Window::snapshot();
        }
    }
}

/// Figures of an arena, in bytes unless they say otherwise.
#[derive(Clone, Copy, Default, Debug)]
pub struct ArenaStats {
    /// Addresses mapped for objects.
    pub opened: usize,
    /// Unused bytes that are still physically there.
    pub dirty: usize,
    /// Unused bytes that were given back.
    pub clean: usize,
    /// Unused bytes whose addresses were given back too.
    pub gone: usize,
    /// Addresses behind large objects that are theirs to grow, and hold no memory.
    pub ahead: usize,
    /// Memory mapped for records and tables.
    pub metadata: usize,
    /// Mappings that meshing and remapping added, as a number.
    pub mappings: usize,
    /// Mappings that may be added, as a number.
    pub mappings_limit: usize,
    /// Hints that the system refused, as a number.
    pub hints_refused: usize,
}

impl<O: Os> Arena<O> {
    /// An arena over `os`. Nothing is mapped before the first use.
    pub const fn new(os: O) -> Self {
        Self {
            os,
            ground: Once::new(),
            state: Mutex::new(State::new()),
            windows: Mutex::new(Windows {
                current: Window::new(),
                snapshot: Window::new(),
                has_snapshot: false,
                ballast: Ballast::new(),
                metadata: MetadataChunks::new(),
                shared: SharedPages::none(),
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
            ahead: AtomicUsize::new(0),
            limit: Limit::none(),
            aside: Aside::new(),
            huge_pages: false,
            hints_refused: AtomicUsize::new(0),
        }
    }

    /// The same, with spans on huge pages where the system likes. For heaps that do not mesh: a remap of one page parts a huge one.
    pub const fn with_huge_pages(mut self) -> Self {
        self.huge_pages = true;
        self
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
        let ground = self.ground();
        self.uninterrupted(|| {
            let mut watch = self.watch.lock();
            watch.set_cautious(choice == BarrierChoice::Auto);
            match (choice, ground) {
                (BarrierChoice::Mprotect, _) | (_, None) => watch.close(&self.os),
                (_, Some(ground)) => watch.open(&self.os, &mut Self::watched(ground)),
            }
            watch.tier(&self.os)
        })
    }

    /// How writers are kept out of pages.
    pub fn barrier_tier(&self) -> BarrierTier {
        self.uninterrupted(|| self.watch.lock().tier(&self.os))
    }

    /// How long unused dirty pages may stay unless something else is [set](Self::set_decay), in milliseconds.
    pub const DECAY_MS: u64 = tuning::DECAY_MS;

    /// Sets how long unused dirty pages may stay, in milliseconds.
    pub fn set_decay(&self, period_ms: u64) {
        self.state.lock().steps.set_period(period_ms);
    }

    /// What is mapped for spans: where writers may have to wait.
    pub(crate) fn watched(ground: &Ground) -> impl Iterator<Item = (NonNull<u8>, usize)> + '_ {
        ground.spans.iter().filter_map(|pages| {
            let start = ground.map.address(PageIndex(pages.start));
            Some((NonNull::new(start as *mut u8)?, pages.len() * O::PAGE_SIZE))
        })
    }

    /// The tables, if the arena could be given a place.
    #[inline]
    pub(crate) fn ground(&self) -> Option<&Ground> {
        self.ground.value().or_else(|| self.first_ground())
    }

    /// The same when there are none yet, apart from all the code that asks for them.
    #[cold]
    #[inline(never)]
    fn first_ground(&self) -> Option<&Ground> {
        self.prepare(&mut self.state.lock());
        self.ground.value()
    }

    /// The same without a lock: what is not there yet is not waited for.
    pub(crate) fn known_ground(&self) -> Option<&Ground> {
        self.ground.value()
    }

    /// Gives the arena its place, unless that was done.
    #[cold]
    fn prepare(&self, state: &mut Guard<'_, O::Lock, State>) {
        for tried in 0..tuning::PLACES_TRIED {
            if self.ground.value().is_some() {
                return;
            }
            // Where the system refused memory, the place is tried again.
            let Some((site, tables)) = state.place(|| {
                let hole = self.os.largest_hole();
                let (grain, random) = (self.os.grain(), self.os.entropy());
                Site::within(hole, O::PAGE_SIZE, grain, random, tried)
            }) else {
                return;
            };
            let middle = site.middle.saturating_sub(1)..site.middle + 1;
            match tables.cover(&self.os, middle) {
                Ok(()) => {
                    // SAFETY: tables are never unmapped from here on, and nothing else is mapped there.
                    let map = unsafe { PageMap::new(site, O::PAGE_SIZE, tables) };
                    // SAFETY: the state is locked, so this is the only writer.
                    unsafe { self.ground.set(Ground::new(map)) };
                }
                Err(NotMapped::Taken) => {
                    tables.clear(&self.os);
                    state.forget_place();
                }
                Err(NotMapped::Refused) => return,
            }
        }
    }

    pub(crate) fn address(&self, page: PageIndex) -> Option<NonNull<u8>> {
        NonNull::new(self.ground()?.map.address(page) as *mut u8)
    }

    /// Whether a page at `address` is the arena's: it is mapped for objects, or was.
    pub fn owns(&self, address: usize) -> bool {
        self.ground().is_some_and(|ground| {
            let page = ground.map.labels().page_at(address);
            page.is_some_and(|page| ground.owns(page))
        })
    }

    pub(crate) fn bytes(run: Run) -> usize {
        run.pages.index() * O::PAGE_SIZE
    }

    /// A run for `side`, and whether all its bytes are zero; none above the [limit](Self::set_memory_limit). One frame with its callers: some
    /// stacks are small.
    #[inline(always)]
    pub(crate) fn take(&self, side: Side, place: Place) -> Option<(Run, bool)> {
        if self.limit.is_set() {
            self.take_below_limit(side, place)
        } else {
            self.take_above_limit(side, place)
        }
    }

    /// The same whatever the limit.
    #[inline(always)]
    pub(crate) fn take_above_limit(&self, side: Side, place: Place) -> Option<(Run, bool)> {
        self.take_within(side, place, false)
    }

    #[cold]
    #[inline(never)]
    fn take_below_limit(&self, side: Side, place: Place) -> Option<(Run, bool)> {
        let taken = self.take_within(side, place, true);
        self.trim_to_limit();
        taken
    }

    #[inline(always)]
    fn take_within(&self, side: Side, place: Place, is_limited: bool) -> Option<(Run, bool)> {
        if place.pages.0 == 0 || place.pages.0 > Place::LONGEST {
            return None;
        }
        let ground = self.ground()?;
        let mut has_given_up = false;
        loop {
            let mut state = self.state.lock();
            if is_limited && !self.is_within_limit(&state, ground, place.pages) {
                return None;
            }
            let taken = state.take(&self.os, ground, side, place);
            self.unlock_grown(state);
            if taken.is_some() || !self.make_room(place.pages.index(), &mut has_given_up) {
                return taken;
            }
        }
    }

    /// Lets go of the state, under which the arena may have grown. What it gained for spans becomes as the rest is.
    #[inline(always)]
    pub(crate) fn unlock_grown(&self, mut state: Guard<'_, O::Lock, State>) {
        if let Some(fresh) = state.fresh.take() {
            self.fit_in(fresh, state);
        }
    }

    /// Makes pages that were mapped for spans what the rest of them is.
    #[inline(never)]
    fn fit_in(&self, fresh: Run, state: Guard<'_, O::Lock, State>) {
        let Some((at, len)) = self.range(fresh) else {
            return;
        };
        self.keep_pages_small(at, len);
        drop(state);
        // Where it is late, or refused, it is done when a span is protected.
        self.uninterrupted(|| self.follow(at, len));
    }

    /// Makes room for what a program needs: gives up addresses of unused pages, enough for `pages` pages, unless `has_given_up`
    /// says that it did so before; then some of the ballast. Says whether that made room.
    #[cold]
    pub(crate) fn make_room(&self, pages: usize, has_given_up: &mut bool) -> bool {
        let is_first = !core::mem::replace(has_given_up, true);
        is_first && self.give_up_addresses(pages)
            || self.with_windows(|windows| windows.ballast.lighten_to_reserve(&self.os))
    }

    /// The limit on mappings: the system's, unless another one was [set](Self::set_mappings_limit).
    pub fn mappings_limit(&self) -> usize {
        // Who asks what is permitted makes it known.
        let _ = Remapping::mappings_permitted(self);
        self.mappings_limit.load(Ordering::Relaxed)
    }

    /// Sets the limit on mappings, of which a share is left to the program; zero for the system's.
    pub fn set_mappings_limit(&self, limit: usize) {
        self.mappings_limit.store(limit, Ordering::Relaxed);
    }

    /// Unused bytes that are still physically there.
    pub fn dirty_bytes(&self) -> usize {
        self.state.lock().dirty_pages() * O::PAGE_SIZE
    }

    /// The figures of now.
    pub fn stats(&self) -> ArenaStats {
        let (windows, metadata) =
            self.with_windows(|windows| (windows.current.mapped(), windows.metadata.bytes()));
        let state = self.state.lock();
        let mut stats = ArenaStats {
            mappings: self.mappings.load(Ordering::Relaxed) + windows,
            hints_refused: self.hints_refused.load(Ordering::Relaxed),
            metadata: metadata + state.tables_bytes(),
            dirty: state.dirty_pages() * O::PAGE_SIZE,
            clean: state.pages(|area| &area.clean) * O::PAGE_SIZE,
            gone: state.pages(|area| &area.gone) * O::PAGE_SIZE,
            ahead: self.ahead.load(Ordering::Relaxed) * O::PAGE_SIZE,
            ..ArenaStats::default()
        };
        if let Some(ground) = self.ground.value() {
            let mapped = ground.spans.pages() + ground.large.pages() - state.lost();
            // Records lie among the large objects.
            stats.opened = mapped * O::PAGE_SIZE - stats.gone - metadata;
        }
        drop(state);
        stats.mappings_limit = Remapping::mappings_permitted(self);
        stats
    }

    /// The addresses of a run: start and length in bytes.
    pub(crate) fn range(&self, run: Run) -> Option<(NonNull<u8>, usize)> {
        Some((self.address(run.first)?, Self::bytes(run)))
    }

    /// A hint to the system; a refusal is counted.
    pub(crate) fn hint(&self, at: NonNull<u8>, len: usize, advice: Advice) {
        if self.os.advise(at, len, advice).is_err() {
            self.hints_refused.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Asks for no huge pages where spans lie: memory would come back in larger pieces only.
    pub(crate) fn keep_pages_small(&self, at: NonNull<u8>, len: usize) {
        if !self.huge_pages {
            self.hint(at, len, Advice::NoHugePages);
        }
    }

    /// Has a new mapping watched as its neighbours are. Those who waited at an old one are not woken by that.
    ///
    /// Where the system is asked for little it waits until the mapping is protected, if it ever is.
    pub(crate) fn follow(&self, at: NonNull<u8>, len: usize) {
        if self.os.asks_no_more() {
            return;
        }
        if self.watch.lock().follow(&self.os, (at, len)).is_err() {
            self.hints_refused.fetch_add(1, Ordering::Relaxed);
        }
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
        self.allocate_metadata(layout)
    }

    unsafe fn forget_metadata(&self, start: NonNull<u8>, len: usize) {
        // The system takes whole pages of its own, and would take what is beside the range as well.
        let page = self.os.system_page();
        let from = start.addr().get().next_multiple_of(page);
        let end = (start.addr().get() + len) / page * page;
        let Some(len) = end.checked_sub(from).filter(|&len| len > 0) else {
            return;
        };
        let skipped = from - start.addr().get();
        // SAFETY: within the range.
        let inside = unsafe { start.add(skipped) };
        // A refusal leaves it as it is.
        // SAFETY: the range is the caller's, who does not need its content (contract).
        let _ = unsafe { self.os.discard(inside, len) };
    }
}
