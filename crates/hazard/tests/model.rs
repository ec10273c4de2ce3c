//! All interleavings of calls with a mesh: `RUSTFLAGS="--cfg loom" cargo test -p mesh-hazard --test model --release`.
//!
//! The page is a cell that the checker watches: it fails when the kernel's write and the mesh's meet, or when nothing orders
//! them.
#![cfg(loom)]

use std::ptr::NonNull;

use hazard::{Chunk, Hazards, Pages};
use heap::{PageCount, PageIndex, Run};
use loom::cell::UnsafeCell;
use loom::sync::atomic::{AtomicU32, Ordering};
use loom::sync::{Arc, Mutex};
use loom::thread;

/// One page that can be meshed, and the barrier.
struct Scene {
    hazards: Hazards,
    /// Odd while a mesh is under way.
    phase: AtomicU32,
    /// Held for the time of a barrier: to wait for it is to take it once.
    barrier: Mutex<()>,
    page: UnsafeCell<u32>,
}

// SAFETY: the checker watches the cell.
unsafe impl Sync for Scene {}
// SAFETY: nothing in it belongs to a thread.
unsafe impl Send for Scene {}

const PAGE: Run = Run {
    first: PageIndex(3),
    pages: PageCount(1),
};

impl Scene {
    fn new(records: usize) -> Arc<Self> {
        let hazards = Hazards::new();
        for _ in 0..records {
            let chunk = NonNull::from(Box::leak(Box::new(Chunk::new())));
            // SAFETY: a new chunk, which lives for ever.
            unsafe { hazards.add(chunk) };
        }
        Arc::new(Self {
            hazards,
            phase: AtomicU32::new(0),
            barrier: Mutex::new(()),
            page: UnsafeCell::new(0),
        })
    }

    /// A system call that writes to the page.
    fn call(&self, owner: usize) {
        let record = self.hazards.take(owner);
        let place = match record {
            Some(record) => Some((record, record.publish(owner * 0x1000, Pages::of(PAGE)))),
            None => {
                self.hazards.enter_unrecorded();
                None
            }
        };
        self.hazards.fence_of_call();
        while self.phase.load(Ordering::Acquire) % 2 == 1 {
            drop(self.barrier.lock().expect("not poisoned"));
        }
        // SAFETY: the checker watches.
        self.page.with_mut(|page| unsafe { *page += 1 });
        match place {
            Some((record, place)) => {
                record.withdraw(&place);
                self.hazards.give_back_if_idle(record, owner);
            }
            None => self.hazards.leave_unrecorded(),
        }
    }

    /// A mesh of the page; says whether it was left out.
    fn mesh(&self) -> bool {
        let held = self.barrier.lock().expect("not poisoned");
        self.phase.fetch_add(1, Ordering::Release);
        self.hazards.fence_of_mesh();
        let named = self.hazards.names(Pages::of(PAGE));
        if !named {
            // SAFETY: the checker watches.
            self.page.with_mut(|page| unsafe { *page += 100 });
        }
        self.phase.fetch_add(1, Ordering::Release);
        drop(held);
        named
    }

    fn value(&self) -> u32 {
        // SAFETY: all other threads have ended.
        self.page.with(|page| unsafe { *page })
    }
}

/// What the threads of a scene have written when all is over.
fn check(records: usize) {
    loom::model(move || {
        let scene = Scene::new(records);
        let caller = {
            let scene = scene.clone();
            thread::spawn(move || scene.call(1))
        };
        let left_out = scene.mesh();
        caller.join().expect("no panic");
        assert_eq!(scene.value(), if left_out { 1 } else { 101 });
        // Afterwards nothing is named.
        assert!(!scene.mesh());
    });
}

#[test]
fn a_call_and_a_mesh_never_meet() {
    check(1);
}

#[test]
fn a_call_without_a_record_and_a_mesh_never_meet() {
    check(0);
}

/// Two threads that borrow one record after the other, and a mesh.
#[test]
fn records_change_hands() {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(3);
    model.check(|| {
        let scene = Scene::new(1);
        let other = {
            let scene = scene.clone();
            thread::spawn(move || {
                let record = scene.hazards.take(1);
                if let Some(record) = record {
                    scene.hazards.give_back_if_idle(record, 1);
                }
            })
        };
        let caller = {
            let scene = scene.clone();
            thread::spawn(move || scene.call(2))
        };
        let left_out = scene.mesh();
        caller.join().expect("no panic");
        other.join().expect("no panic");
        assert_eq!(scene.value(), if left_out { 1 } else { 101 });
    });
}
