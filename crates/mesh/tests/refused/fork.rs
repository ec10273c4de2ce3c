//! Real forks of a heap with meshed spans.

use std::panic::{AssertUnwindSafe, catch_unwind};

use globalheap::Standing;
use meshheap::Writers;

use crate::program::Program;

/// What a child says when it cannot have its memory to itself.
const CANNOT_GO_ON: i32 = 127;

/// Forks, if there is room for that. The child does `childs_part`, and then ends as any program; the parent waits for it,
/// and says whether it went on.
pub(crate) fn fork(program: &mut Program, childs_part: impl FnOnce(&mut Program)) -> bool {
    let standing = Standing::Outside;
    if program.heap.global().reserve_fork(standing).is_err() {
        program.check();
        return false;
    }
    let begun = program.heap.global().begin_fork(standing);
    assert!(program.heap.lock_for_fork(standing));
    // SAFETY: begun above; the heap is not used before the fork has ended.
    let fork = unsafe {
        let writers = Writers::OtherThreads;
        program.heap.global().prepare_fork(begun, writers)
    };
    // SAFETY: the child uses this heap, which nobody else uses, and the C library's, which may be used after a fork.
    let child = unsafe { libc::fork() };
    if child == 0 {
        // A child that hangs, hangs nobody else.
        // SAFETY: has no preconditions.
        unsafe { libc::alarm(30) };
        let lived = catch_unwind(AssertUnwindSafe(|| {
            // SAFETY: prepared above, and this is the child.
            let adopted = unsafe { program.heap.global().child_after_fork(fork) };
            // SAFETY: taken above, in the parent.
            unsafe { program.heap.unlock_after_fork() };
            if adopted.is_err() {
                return CANNOT_GO_ON;
            }
            childs_part(program);
            let program = std::mem::replace(program, Program::new());
            program.end();
            0
        }));
        // SAFETY: nothing of the parent's is to be cleaned up here.
        unsafe { libc::_exit(lived.unwrap_or(1)) };
    }
    // SAFETY: prepared above, and this is the parent.
    unsafe { program.heap.global().parent_after_fork(fork) };
    // SAFETY: taken above.
    unsafe { program.heap.unlock_after_fork() };
    assert!(child > 0, "there is no room for a process");
    let mut status = 0;
    // SAFETY: the child is this process's.
    let ended = unsafe { libc::waitpid(child, &raw mut status, 0) };
    assert_eq!(ended, child);
    assert!(
        libc::WIFEXITED(status),
        "the child died: status {status:#x}"
    );
    let code = libc::WEXITSTATUS(status);
    assert!(
        code == 0 || code == CANNOT_GO_ON,
        "the child found something wrong"
    );
    program.check();
    program.write_all();
    code == 0
}

/// A program with groups and with private spans.
fn meshed() -> Program {
    let mut program = Program::new();
    program.allocate(256, 600);
    program.allocate(512, 300);
    program.allocate(3000, 20);
    program.allocate(100_000, 2);
    program.thin_out(4);
    program.cycle();
    assert!(program.heap.global().mesh_stats().pages_saved > 10);
    program
}

#[test]
fn parent_and_child_go_on_apart() {
    let mut program = meshed();
    let went_on = fork(&mut program, |child| {
        child.check();
        child.write_all();
        child.allocate(256, 100);
        child.thin_out(2);
        child.cycle();
        child.cycle();
    });
    assert!(went_on);
    program.thin_out(2);
    program.cycle();
    program.end();
}

#[test]
fn a_child_has_children() {
    let mut program = meshed();
    let went_on = fork(&mut program, |child| {
        child.write_all();
        let went_on = fork(child, |grandchild| {
            grandchild.write_all();
            grandchild.thin_out(2);
            grandchild.cycle();
        });
        assert!(went_on);
        child.cycle();
    });
    assert!(went_on);
    program.end();
}

#[test]
fn forks_may_come_one_after_the_other() {
    let mut program = meshed();
    for _ in 0..5 {
        assert!(fork(&mut program, Program::write_all));
        program.allocate(512, 40);
        program.thin_out(2);
        program.cycle();
    }
    program.end();
}

#[test]
fn a_program_that_never_meshed_forks() {
    let mut program = Program::new();
    program.allocate(256, 100);
    assert!(fork(&mut program, |child| {
        child.write_all();
        child.thin_out(3);
        child.cycle();
    }));
    program.end();
}
