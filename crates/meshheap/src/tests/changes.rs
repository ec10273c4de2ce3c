//! What happens between a search and what is made of it: no lock is held then, and threads allocate and free.

use core::cell::RefCell;
use core::ops::ControlFlow;
use std::rc::Rc;

use heap::OwnerId;
use meshing::{Budget, Candidate, ComplementMesher, Merge, Mesher};

use super::Program;
use super::program::class_of;
use crate::MeshPolicy;

/// The default search, after which something else happens before its results are used.
struct Interrupted(ComplementMesher);

type Hook = Box<dyn FnMut()>;

thread_local! {
    static HOOK: RefCell<Option<Hook>> = const { RefCell::new(None) };
}

impl Mesher for Interrupted {
    fn scratch_words(spans: usize, slots: usize) -> usize {
        ComplementMesher::scratch_words(spans, slots)
    }

    fn find(
        &mut self,
        spans: &[Candidate],
        slots: usize,
        scratch: &mut [u32],
        budget: &mut Budget,
        found: impl FnMut(Merge) -> ControlFlow<()>,
    ) {
        self.0.find(spans, slots, scratch, budget, found);
        HOOK.with_borrow_mut(|hook| {
            if let Some(hook) = hook {
                hook();
            }
        });
    }
}

impl MeshPolicy for Interrupted {
    fn seeded(seed: u64) -> Self {
        Self(ComplementMesher::seeded(seed))
    }
}

#[test]
fn plans_that_do_not_fit_any_more_are_passed_over() {
    let class = class_of(256);
    let program = Rc::new(RefCell::new(Program::<Interrupted>::new(1024)));
    let doing = program.clone();
    let changes = move || {
        let mut program = doing.borrow_mut();
        program.release_one_in(6);
        program.allocate(class, OwnerId(2), 40);
    };
    HOOK.set(Some(Box::new(changes)));
    let heap = program.borrow().heap.clone();
    for _ in 0..30 {
        {
            let mut program = program.borrow_mut();
            for _ in 0..6 {
                program.allocate(class, OwnerId(1), 64);
            }
            program.thin_out(4);
        }
        heap.mesh_cycle();
        let mut program = program.borrow_mut();
        program.check();
        program.write_all();
    }
    assert!(heap.mesh_stats().meshes > 100);
    HOOK.take();
    drop(heap);
    let program = Rc::into_inner(program).expect("the hook is gone");
    program.into_inner().end();
}
