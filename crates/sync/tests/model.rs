//! All orders of what threads do to one value: `RUSTFLAGS="--cfg loom" cargo test -p mesh-sync --test model --release`.
//!
//! A cell is watched by the checker: it fails when two accesses meet, or when nothing orders them.
#![cfg(loom)]

use loom::cell::UnsafeCell;
use loom::sync::atomic::AtomicU32;
use loom::sync::{Arc, Condvar, Mutex};
use loom::thread;
use sync::atomic::Ordering;
use sync::{Futex, Once, Word, WriteBarrier};

/// All orders in which threads are interrupted at most so often where they need not be.
fn model(interruptions: usize, test: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(interruptions);
    builder.check(test);
}

/// What the kernel does: a look at the word and the decision to sleep are one step.
#[derive(Default)]
struct Kernel {
    queue: Mutex<()>,
    woken: Condvar,
}

impl Futex for Kernel {
    fn wait(&self, word: &AtomicU32, value: u32) {
        let queue = self.queue.lock().unwrap();
        if word.load(Ordering::Relaxed) == value {
            drop(self.woken.wait(queue).unwrap());
        }
    }

    fn wake(&self, _word: &AtomicU32) {
        let _queue = self.queue.lock().unwrap();
        self.woken.notify_all();
    }
}

/// A page that a mesh protects, moves, and opens again.
struct Scene {
    barrier: WriteBarrier,
    kernel: Kernel,
    /// Whether a write to the page would fault. As in the kernel, a lock keeps changes and faults apart.
    protected: Mutex<bool>,
    /// Held by the thread that forks.
    lock: Mutex<()>,
    page: UnsafeCell<u32>,
}

// SAFETY: the checker watches the cell.
unsafe impl Sync for Scene {}
// SAFETY: nothing in it belongs to a thread.
unsafe impl Send for Scene {}

impl Scene {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            barrier: WriteBarrier::new(),
            kernel: Kernel::default(),
            protected: Mutex::new(false),
            lock: Mutex::new(()),
            page: UnsafeCell::new(0),
        })
    }

    fn change(&self) {
        // SAFETY: the checker says if anybody else is there.
        self.page.with_mut(|page| unsafe { *page += 1 });
    }

    /// A write of the program, tried again after each fault until it succeeds.
    fn write(&self, mut wait: impl FnMut()) {
        loop {
            let protected = self.protected.lock().unwrap();
            if !*protected {
                self.change();
                return;
            }
            drop(protected);
            wait();
        }
    }

    /// The same as the fault handler of the C allocator has it.
    fn write_in_turn(&self) {
        let mut last = None;
        self.write(|| {
            let phase = self.barrier.phase();
            if last == Some(phase) {
                assert!(!phase.is_multiple_of(2), "nobody protects the page");
                self.barrier.wait_for_turn(&self.kernel, phase);
            }
            last = Some(phase);
        });
    }

    fn protect(&self, protected: bool) {
        *self.protected.lock().unwrap() = protected;
    }

    fn mesh(&self) {
        self.barrier.begin();
        self.protect(true);
        self.change();
        self.protect(false);
        self.barrier.end(&self.kernel);
    }

    fn value(&self) -> u32 {
        // SAFETY: the checker watches, and writers are kept out or waited for.
        self.page.with(|page| unsafe { *page })
    }
}

/// Writers sleep through a mesh and wake: none sleeps for ever, none writes meanwhile, none is lost.
#[test]
fn writers_wait_for_the_end_of_a_barrier() {
    model(2, || {
        let scene = Scene::new();
        let writers: Vec<_> = (0..2)
            .map(|_| {
                let scene = Arc::clone(&scene);
                thread::spawn(move || {
                    scene.write(|| {
                        let phase = scene.barrier.wait_out(&scene.kernel);
                        assert!(phase.is_multiple_of(2));
                    });
                })
            })
            .collect();
        scene.mesh();
        for writer in writers {
            writer.join().unwrap();
        }
        assert_eq!(scene.value(), 3);
    });
}

/// Two meshes, one after the other: a writer may miss the phase between them, and goes on all the same.
#[test]
fn a_writer_meets_two_barriers() {
    model(3, || {
        let scene = Scene::new();
        let writer = {
            let scene = Arc::clone(&scene);
            thread::spawn(move || scene.write_in_turn())
        };
        scene.mesh();
        scene.mesh();
        writer.join().unwrap();
        assert_eq!(scene.value(), 3);
    });
}

/// The thread that forks needs a lock whose holder waits at the barrier: it lets him in, and the barrier goes on.
#[test]
fn who_is_admitted_goes_on_before_the_end() {
    loom::model(|| {
        let scene = Scene::new();
        let writer = {
            let scene = Arc::clone(&scene);
            thread::spawn(move || {
                let held = scene.lock.lock().unwrap();
                scene.write_in_turn();
                drop(held);
            })
        };
        scene.barrier.begin();
        scene.protect(true);
        // Its own write to the page faults.
        scene.protect(false);
        scene.barrier.admit(&scene.kernel);
        assert!(!scene.barrier.phase().is_multiple_of(2));
        drop(scene.lock.lock().unwrap());
        scene.barrier.end(&scene.kernel);
        writer.join().unwrap();
        assert_eq!(scene.value(), 1);
    });
}

/// Whoever finds the value finds all of it; of two who make it, one does.
#[test]
fn a_value_is_made_once_and_whole() {
    loom::model(|| {
        let scene = Arc::new((Once::new(), Mutex::new(())));
        let makers: Vec<_> = [7_u64, 8]
            .into_iter()
            .map(|value| {
                let scene = Arc::clone(&scene);
                thread::spawn(move || {
                    let (once, lock) = &*scene;
                    if once.value().is_none() {
                        let _held = lock.lock().unwrap();
                        // SAFETY: the lock is held.
                        unsafe { once.set(Box::new(value)) };
                    }
                    **once.value().unwrap()
                })
            })
            .collect();
        let seen = scene.0.value().map(|value| **value);
        let made: Vec<u64> = makers
            .into_iter()
            .map(|maker| maker.join().unwrap())
            .collect();
        assert!(made[0] == made[1] && (made[0] == 7 || made[0] == 8));
        assert!(seen.is_none_or(|seen| seen == made[0]));
    });
}

/// Nobody's number.
const NOBODY: u32 = 100;

/// A span: its entry in the table, and its slots, which are the owner's, or, when it has none, those of who has the lock.
struct Span {
    owner: Word,
    lock: Mutex<()>,
    slots: UnsafeCell<u32>,
}

// SAFETY: the checker watches the cell.
unsafe impl Sync for Span {}
// SAFETY: nothing in it belongs to a thread.
unsafe impl Send for Span {}

impl Span {
    fn use_slots(&self) {
        // SAFETY: the checker says if anybody else is there.
        self.slots.with_mut(|slots| unsafe { *slots += 1 });
    }

    /// Makes the span the thread's own, if nobody has it.
    fn acquire(&self, thread: u32) {
        let _held = self.lock.lock().unwrap();
        if self.owner.read() == NOBODY {
            self.use_slots();
            self.owner.write(thread);
        }
    }

    /// Gives a slot back: without the lock by the owner, under it by anybody else.
    fn free(&self, thread: u32) {
        if self.owner.read() == thread {
            self.use_slots();
            return;
        }
        let _held = self.lock.lock().unwrap();
        if self.owner.read() == NOBODY {
            self.use_slots();
        }
    }

    fn release(&self, thread: u32) {
        let _held = self.lock.lock().unwrap();
        if self.owner.read() == thread {
            self.use_slots();
            self.owner.write(NOBODY);
        }
    }
}

/// Two threads acquire, free and release one span: its slots are never used by both, although the owner looks without a
/// lock at a word that may be old.
#[test]
fn a_span_has_one_owner() {
    loom::model(|| {
        let span = Arc::new(Span {
            owner: Word::zero(),
            lock: Mutex::new(()),
            slots: UnsafeCell::new(0),
        });
        span.owner.write(NOBODY);
        let other = {
            let span = Arc::clone(&span);
            thread::spawn(move || {
                span.acquire(1);
                span.free(1);
                span.release(1);
            })
        };
        span.acquire(2);
        span.free(2);
        span.release(2);
        other.join().unwrap();
    });
}
