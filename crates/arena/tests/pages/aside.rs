//! Work on a stack of the arena's own.

use arena::{Arena, Linux};

use crate::signals::blocked;

#[test]
fn what_runs_aside_has_a_stack_of_its_own_and_no_signals() {
    let arena = Arena::new(Linux::new());
    let here = 0_u8;
    let near = |other: *const u8| other.addr().abs_diff((&raw const here).addr()) < 1 << 20;
    let (is_near, is_blocked, inner) = arena
        .run_aside(|| {
            let there = 0_u8;
            let inner = arena.run_aside(|| ());
            (near(&raw const there), blocked(libc::SIGUSR1), inner)
        })
        .expect("nobody is there");
    assert!(!is_near && is_blocked);
    assert_eq!(inner, None, "there is one stack");
    assert!(!blocked(libc::SIGUSR1));
    assert_eq!(arena.run_aside(|| 7), Some(7));
}
