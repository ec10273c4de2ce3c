//! Pages that are a model of pages: ordinary memory, no system call, and every contract checked.
//!
//! Each virtual page maps to a *frame*, a physical page; shared pages are frames with a name. The fake knows which objects
//! the program has and what it wrote there, so it notices at once when a step changes a byte that the program can see.
//! Each call that may be refused has a number, and a test can have any of them refused.

mod memory;
mod objects;
mod page;
mod page_heap;
mod refusals;
mod turns;
mod window;

use core::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use heap::{PageCount, PageIndex};
use memory::Memory;
use sync::Word;
use window::Window;

pub use page::PAGE;
pub use refusals::Refusals;
pub use turns::{Outcome, every_turn};

/// Where the pages pretend to be. Nothing is there: objects are read and written through the fake only.
const BASE: usize = 0x1000_0000_0000;

/// A page heap over a model of memory.
pub struct FakePages {
    words: Box<[Word]>,
    state: Mutex<State>,
    /// Which calls are refused.
    pub refusals: Refusals,
    /// The time; it stands still unless a test moves it.
    pub clock_ms: AtomicU64,
    ticks_ns: AtomicU64,
    /// The time of each purge, and whether it was one of all pages.
    pub purges: Mutex<Vec<(u64, bool)>>,
    /// How often a purge that has to end soon leaves something.
    pub purge_parts: AtomicUsize,
    /// Mappings that spans on shared pages may add.
    pub mappings_limit: AtomicUsize,
    /// Pages that the kernel may write to.
    pub named: Mutex<BTreeSet<PageIndex>>,
    /// Whether these are named only after the search has begun.
    pub named_late: AtomicBool,
    /// Whether the kernel waits at the barrier.
    pub stops_the_kernel: AtomicBool,
}

struct State {
    memory: Memory,
    /// Shared pages by the run that they were made for, and the copies of them while a fork is under way.
    shared: Window,
    snapshot: Window,
    /// How many barriers have begun and not ended.
    barriers: u64,
    locked_for_fork: bool,
    /// Whether somebody keeps others from remapping.
    mappings_held: bool,
    /// Whether there is room for copies of all shared pages.
    room: bool,
    /// Whether this is the child of a fork: then there is no other thread.
    child: bool,
    /// Scratch blocks that are out.
    scratch: usize,
}

impl FakePages {
    /// An arena of `pages` pages, none of which is in use.
    pub fn new(pages: u32) -> Self {
        Self {
            words: (0..pages).map(|_| Word::zero()).collect(),
            state: Mutex::new(State {
                memory: Memory::new(BASE, pages),
                shared: Window::default(),
                snapshot: Window::default(),
                barriers: 0,
                locked_for_fork: false,
                mappings_held: false,
                room: false,
                child: false,
                scratch: 0,
            }),
            refusals: Refusals::default(),
            clock_ms: AtomicU64::new(0),
            ticks_ns: AtomicU64::new(0),
            purges: Mutex::new(Vec::new()),
            purge_parts: AtomicUsize::new(0),
            mappings_limit: AtomicUsize::new(usize::MAX),
            named: Mutex::default(),
            named_late: AtomicBool::new(false),
            stops_the_kernel: AtomicBool::new(true),
        }
    }

    /// The state, for a call that needs the arena's lock.
    fn state(&self) -> MutexGuard<'_, State> {
        let state = self.any_state();
        assert!(!state.locked_for_fork, "the lock is taken for a fork");
        state
    }

    fn any_state(&self) -> MutexGuard<'_, State> {
        // After a panic under the lock the test fails anyway.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From here on this is the child of a fork: private pages are its own, shared ones are the parent's.
    pub fn become_child(&self) {
        let state = &mut *self.any_state();
        state.child = true;
        // The parent forgets the copies at once.
        let copies = state.snapshot.frames();
        state.memory.shared_frames_become_foreign(&copies);
    }

    /// Whether the program can write to no object on shared pages, as in a fork between its preparation and its end.
    pub fn shared_is_protected(&self) -> bool {
        self.any_state().memory.shared_is_protected()
    }

    /// Physical pages in use: of spans, of large objects, and shared ones.
    pub fn physical_pages(&self) -> usize {
        self.state().memory.frames_present()
    }

    /// The number of the physical page at an address of the program.
    pub fn frame_at(&self, address: usize) -> Option<usize> {
        let page = heap::SpanPages::labels(self).page_at(address)?;
        let run = heap::Run {
            first: page,
            pages: PageCount(1),
        };
        let frames = self.state().memory.frames_of(run);
        frames.first().map(|frame| frame.0)
    }

    /// Whether no run of so many pages is unused.
    pub fn is_full(&self, pages: PageCount) -> bool {
        self.state().memory.find_unused(pages, 1).is_none()
    }

    /// Panics unless all of the program's objects are as they were written, writable, and nobody else's.
    pub fn verify(&self) {
        let state = self.state();
        assert_eq!(state.barriers, 0, "a barrier was not ended");
        assert_eq!(state.scratch, 0, "scratch memory was not given back");
        state.memory.verify_all();
        state.memory.verify_writable();
    }

    /// Mappings that spans on shared pages add now.
    pub fn mappings(&self) -> usize {
        self.state().memory.borders()
    }

    /// Whether all shared pages that were opened were let go of.
    pub fn shared_pages_are_closed(&self) -> bool {
        self.state().shared.is_closed()
    }

    /// Panics unless nothing is in use.
    pub fn verify_empty(&self) {
        self.verify();
        assert_eq!(
            self.state().memory.runs_in_use(),
            0,
            "runs were not given back"
        );
        assert_eq!(self.physical_pages(), 0, "shared pages were not given back");
    }

    // The program's own doings.

    /// The program writes `content` to the object at `address`, which is a new one or one of its own.
    pub fn write(&self, address: usize, content: Vec<u8>) {
        self.state().memory.write_object(address, content);
    }

    /// The program gives up the object at `address`.
    pub fn forget(&self, address: usize) {
        self.state().memory.forget_object(address);
    }

    /// The program gives up all but the first `len` bytes of the object at `address`.
    pub fn truncate(&self, address: usize, len: usize) {
        self.state().memory.truncate_object(address, len);
    }

    /// Time passes.
    pub fn advance_clock(&self, milliseconds: u64) {
        self.clock_ms.fetch_add(milliseconds, Ordering::Relaxed);
    }
}
