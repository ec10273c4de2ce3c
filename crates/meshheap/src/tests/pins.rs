//! Pinned objects keep their physical pages, all others are meshed.

use heap::OwnerId;
use meshing::ComplementMesher;

use super::Program;
use super::program::class_of;
use globalheap::Standing;

use crate::Writers;

type Sparse = Program<ComplementMesher>;

fn sparse() -> Sparse {
    let mut program = Program::new(1024);
    for _ in 0..8 {
        assert!(program.allocate(class_of(256), OwnerId(1), 48) > 0);
    }
    program.thin_out(5);
    program
}

fn addresses(program: &Sparse) -> Vec<usize> {
    let objects = program.objects.iter();
    objects.map(|object| object.start.addr().get()).collect()
}

/// Runs cycles; returns the objects whose physical page is another one now.
fn moved_by_cycles(program: &Sparse) -> Vec<usize> {
    let addresses = addresses(program);
    let frames = |_: ()| addresses.iter().map(|&at| program.pages().frame_at(at));
    let before: Vec<_> = frames(()).collect();
    program.heap.compact();
    program.check();
    let moved = addresses.iter().zip(before).zip(frames(()));
    moved
        .filter(|((_, before), after)| before != after)
        .map(|((&at, _), _)| at)
        .collect()
}

#[test]
fn a_pinned_object_keeps_its_page_until_it_is_unpinned() {
    let program = sparse();
    let pinned: Vec<usize> = addresses(&program).into_iter().step_by(5).collect();
    for &at in &pinned {
        assert!(program.heap.below().pin(at));
        assert!(program.heap.below().pin(at));
        assert!(program.heap.below().unpin(at));
    }
    let moved = moved_by_cycles(&program);
    assert!(!moved.is_empty(), "the rest is meshed");
    assert!(pinned.iter().all(|at| !moved.contains(at)));

    for &at in &pinned {
        assert!(program.heap.below().unpin(at));
    }
    assert!(pinned.iter().all(|&at| !program.heap.below().unpin(at)));
    let moved = moved_by_cycles(&program);
    assert!(
        moved.iter().any(|at| pinned.contains(at)),
        "they may move now"
    );
    program.end();
}

#[test]
fn a_group_that_is_pinned_takes_others_in_and_stays() {
    let mut program = sparse();
    program.heap.compact();
    let pinned = addresses(&program);
    assert!(pinned.iter().all(|&at| program.heap.below().pin(at)));
    program.release_one_in(2);
    for _ in 0..8 {
        assert!(program.allocate(class_of(256), OwnerId(1), 48) > 0);
    }
    program.release_one_in(2);
    let kept = addresses(&program);
    let moved = moved_by_cycles(&program);
    assert!(kept.iter().any(|at| moved.contains(at)), "others joined");
    let stayed = |at: &&usize| pinned.contains(at);
    assert!(kept.iter().filter(stayed).all(|at| !moved.contains(at)));
    program.end();
}

#[test]
fn a_range_pins_what_it_touches() {
    let program = sparse();
    let all = addresses(&program);
    let (first, last) = (all.iter().min().unwrap(), all.iter().max().unwrap());
    program.heap.below().pin_range(*first, last - first + 1);
    assert_eq!(moved_by_cycles(&program), []);
    program.heap.below().unpin_range(*first, last - first + 1);
    assert_ne!(moved_by_cycles(&program), []);
    program.end();
}

#[test]
fn pins_of_what_is_no_object_are_refused() {
    let mut program = sparse();
    assert!(program.allocate_large(1 << 16, 1));
    let large = program.large[0].start.addr().get();
    assert!(program.heap.below().pin(large) && program.heap.below().unpin(large));
    assert!(!program.heap.below().pin(1) && !program.heap.below().unpin(1));
    program.heap.below().pin_range(0, usize::MAX);
    program.end();
}

/// The kernel may write at any time to what is pinned: also while another thread forks.
#[test]
fn a_fork_does_not_protect_a_pinned_group() {
    for is_pinned in [false, true] {
        let program = sparse();
        program.heap.compact();
        let at = addresses(&program)[0];
        if is_pinned {
            assert!(program.heap.below().pin(at));
        }
        let fork = program
            .prepare_fork(Standing::Outside, Writers::OtherThreads)
            .unwrap();
        assert_eq!(program.pages().shared_is_protected(), !is_pinned);
        // SAFETY: prepared above, and this is the parent.
        unsafe { program.heap.parent_after_fork(fork) };
        program.assert_open();
        program.check();
        program.end();
    }
}
