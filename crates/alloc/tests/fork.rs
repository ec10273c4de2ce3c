//! Children have their parent's memory to themselves, whatever its other threads do.

mod sparse;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use mesh_alloc::Mesh;
use sparse::Sparse;

#[global_allocator]
static GLOBAL: Mesh = Mesh;

/// Forks; the child does its part and ends. Fails if that fails.
fn fork(childs_part: impl FnOnce()) {
    // SAFETY: the child uses this allocator, and what it has a copy of.
    let child = unsafe { libc::fork() };
    assert!(child >= 0, "no process");
    if child == 0 {
        // SAFETY: has no preconditions. A child that hangs, hangs nobody else.
        unsafe { libc::alarm(60) };
        let done = catch_unwind(AssertUnwindSafe(childs_part)).is_ok();
        // SAFETY: nothing of the parent's is to be cleaned up here.
        unsafe { libc::_exit(i32::from(!done)) };
    }
    let mut status = 0;
    // SAFETY: the child is this process's.
    let ended = unsafe { libc::waitpid(child, &raw mut status, 0) };
    assert_eq!((ended, status), (child, 0));
}

#[test]
fn children_have_memory_of_their_own() {
    let mut lines = Sparse::new(40_000, "one");
    GLOBAL.compact();
    let end = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !end.load(Ordering::Relaxed) {
                    let others = Sparse::new(2_000, "six");
                    GLOBAL.compact();
                    others.check("six");
                }
            });
        }
        for round in 0..12 {
            let (before, after) = if round % 2 == 0 {
                ("one", "two")
            } else {
                ("two", "one")
            };
            fork(|| {
                lines.check(before);
                lines.rename("six");
                let more = Sparse::new(5_000, "ten");
                GLOBAL.compact();
                more.check("ten");
                lines.check("six");
                // And its child.
                fork(|| {
                    lines.check("six");
                    lines.rename("ten");
                    lines.check("ten");
                });
                lines.check("six");
            });
            lines.check(before);
            lines.rename(after);
        }
        let said = Command::new("echo").arg("said").output().expect("a child");
        assert_eq!(said.stdout, b"said\n");
        end.store(true, Ordering::Relaxed);
    });
    lines.check("one");
}
