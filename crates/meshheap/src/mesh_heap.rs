//! The layer itself: the heap below, and what cycles need.

use core::sync::atomic::{AtomicBool, Ordering};

use globalheap::{ClassStats, GlobalHeap, HeapStats, Ignore, Placement, Report};
use heap::{Guard, Labels, Mutex, PageHeap, Preset, SizeClass};
use miniheap::Spans;

use crate::counters::{MeshCounters, MeshStats};
use crate::gain::Gain;
use crate::hook::Hook;
use crate::kept::Cycle;
use crate::placements::Placements;
use crate::policy::MeshPolicy;
use crate::schedule::Schedule;
use crate::tuning::BETWEEN_CYCLES_NS;

/// A [`GlobalHeap`] over the pages of `P` whose spans are meshed as `M` finds; misuse goes to `R`.
pub struct MeshHeap<P: PageHeap, M, R = Ignore> {
    below: GlobalHeap<P, R>,
    /// Held for the length of a mesh cycle: there is one at a time.
    pub(crate) cycle: Mutex<P::Lock, Cycle<M>>,
    pub(crate) schedule: Schedule,
    pub(crate) gain: Gain,
    pub(crate) meshed: MeshCounters,
    placements: Placements,
    /// Whether writers to protected pages are taken care of, so that meshing may begin.
    enabled: AtomicBool,
    /// Asked before each cycle, and each slice of one.
    guard: Hook<fn() -> bool>,
    /// Told when a thread of the program begins a cycle.
    helper: Hook<fn()>,
    /// Told whenever upkeep is done.
    watcher: Hook<fn(u64)>,
    /// Objects of so many bytes and more are left alone: see the module `narrow`.
    pub(crate) meshed_below: Preset<{ usize::MAX }>,
    /// Whether somebody writes to objects who cannot be made to wait at every barrier: see the module `bound`.
    pub(crate) unnamed_writers: AtomicBool,
}

impl<P: PageHeap, M: MeshPolicy, R: Report> MeshHeap<P, M, R> {
    /// A heap over `pages`. Meshing begins when it is [enabled](Self::enable_meshing).
    pub const fn new(pages: P) -> Self {
        Self {
            below: GlobalHeap::new(pages),
            cycle: Mutex::new(Cycle::new()),
            schedule: Schedule::new(),
            gain: Gain::new(),
            meshed: MeshCounters::new(),
            placements: Placements::new(),
            enabled: AtomicBool::new(false),
            guard: Hook::none(),
            helper: Hook::none(),
            watcher: Hook::none(),
            meshed_below: Preset::new(),
            unnamed_writers: AtomicBool::new(false),
        }
    }

    /// The heap that is meshed.
    pub fn below(&self) -> &GlobalHeap<P, R> {
        &self.below
    }

    /// The pages at the bottom.
    pub fn pages(&self) -> &P {
        self.below.pages()
    }

    /// Where the pages are, and their labels.
    pub fn labels(&self) -> Labels {
        self.below.labels()
    }

    /// Lets meshing begin.
    ///
    /// # Safety
    /// A thread that writes to a page protected by the page heap's barrier is made to wait until the barrier ends, and
    /// then tries again.
    pub unsafe fn enable_meshing(&self) {
        self.enabled.store(M::MESHES, Ordering::Release);
    }

    /// Lets meshing begin, with cycles that ask `guard` first and do nothing when it says no: others can undo what
    /// makes writers wait.
    ///
    /// # Safety
    /// As for [`enable_meshing`](Self::enable_meshing), from a yes of `guard` to the end of the cycle, or of the slice.
    pub unsafe fn enable_meshing_guarded(&self, guard: fn() -> bool) {
        self.guard.set(guard);
        // SAFETY: the caller's promise.
        unsafe { self.enable_meshing() };
    }

    /// Has `helper` called when a thread of the program begins a cycle, under a lock of this layer: it may have a thread made
    /// for the [upkeep](Self::upkeep_in_background).
    pub fn call_for_help(&self, helper: fn()) {
        self.helper.set(helper);
    }

    /// Tells who may help that a cycle begins.
    pub(crate) fn want_help(&self) {
        if let Some(helper) = self.helper.get() {
            helper();
        }
    }

    /// Has `watcher` called with the time, in milliseconds of the coarse clock, whenever somebody does upkeep. It may run on the stack of the
    /// upkeep, and must not ask for memory.
    pub fn watch_upkeep(&self, watcher: fn(u64)) {
        self.watcher.set(watcher);
    }

    /// Tells who watches that upkeep is done.
    pub(crate) fn tell_watcher(&self, now: u64) {
        if let Some(watcher) = self.watcher.get() {
            watcher(now);
        }
    }

    /// Whether a cycle may begin now.
    pub(crate) fn may_mesh(&self) -> bool {
        self.meshing_enabled() && self.guard.get().is_none_or(|guard| guard())
    }

    /// Stops meshing; what is meshed stays so.
    pub fn disable_meshing(&self) {
        self.enabled.store(false, Ordering::Release);
    }

    /// Whether a mesh cycle is under way, or a fork keeps cycles out.
    ///
    /// Once this says no, nothing that was written before it is missed by a cycle: after
    /// [`disable_meshing`](Self::disable_meshing) nothing is meshed any more.
    pub fn is_in_cycle(&self) -> bool {
        self.cycle.try_lock().is_none()
    }

    /// Runs `act` while no cycle moves objects from one span to another. Who may have interrupted a cycle, or waits for one in vain, runs it
    /// all the same.
    pub fn between_cycles<T>(&self, act: impl FnOnce() -> T) -> T {
        let end = self.pages().clock_ns().saturating_add(BETWEEN_CYCLES_NS);
        let cycle = loop {
            let cycle = self.cycle.try_lock();
            if cycle.is_some() || self.pages().clock_ns() >= end {
                break cycle;
            }
            core::hint::spin_loop();
        };
        let result = act();
        drop(cycle);
        result
    }

    /// Whether meshing has been enabled.
    pub fn meshing_enabled(&self) -> bool {
        self.enabled.load(Ordering::Acquire)
    }

    /// The time between two mesh cycles, in milliseconds.
    pub fn period(&self) -> u64 {
        self.schedule.period()
    }

    /// Sets the time between two mesh cycles, in milliseconds.
    pub fn set_period(&self, milliseconds: u64) {
        self.schedule.set_period(milliseconds);
    }

    /// Hundredths of a busy program's time that cycles may take at most, while most of its memory could come back.
    pub fn effort(&self) -> u64 {
        self.schedule.effort.most()
    }

    /// Sets the [effort](Self::effort), no more than a hundred. Zero leaves the time that the program does not use.
    pub fn set_effort(&self, percent: u64) {
        self.schedule.effort.set_most(percent);
    }

    /// A virtual span of `pages` pages came to lie on another's physical pages.
    pub(crate) fn save(&self, pages: usize) {
        self.meshed.save(pages);
        self.pages().note_saved(pages);
    }

    /// A virtual span of `pages` pages lies on another's physical pages no more.
    pub(crate) fn unsave(&self, pages: usize) {
        self.meshed.unsave(pages);
        self.pages().note_unsaved(pages);
    }

    /// What meshing did so far.
    pub fn mesh_stats(&self) -> MeshStats {
        self.meshed.stats()
    }

    /// The figures of the heap that is meshed.
    pub fn stats(&self) -> HeapStats {
        self.below.stats()
    }

    /// Those of `class`.
    pub fn class_stats(&self, class: SizeClass) -> ClassStats {
        self.below.class_stats(class)
    }

    /// Those of each class.
    pub fn classes(&self) -> impl Iterator<Item = ClassStats> + '_ {
        self.below.classes()
    }

    /// How objects of `class` are placed now.
    #[inline]
    pub(crate) fn placement(&self, class: SizeClass) -> Placement {
        self.placements.of(class, M::PLACEMENT)
    }

    /// Places objects of `class` by permutations from now on, if they are rotated.
    pub(crate) fn permute(&self, class: SizeClass) {
        self.placements.permute(class);
    }

    /// The spans of `class`, locked.
    pub(crate) fn class(&self, class: SizeClass) -> Guard<'_, P::Lock, Spans> {
        // SAFETY: a record is changed in this crate when its span has been remapped, and as that was done.
        unsafe { self.below.spans(class) }
    }
}
