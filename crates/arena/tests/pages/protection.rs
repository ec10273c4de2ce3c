//! Who is kept out of protected pages, and what lets them in again.

use std::sync::atomic::Ordering;

use arena::{Arena, FailNth};
use heap::{Refused, WriteProtection};

use crate::confined::Confined;
use crate::signals::blocked;
use crate::spans::{SMALL, span};

#[test]
fn a_protected_run_lets_readers_go_on_and_no_writer() {
    let arena = Arena::new(Confined::to(SMALL));
    let (run, behind) = (span(&arena, 3), span(&arena, 1));
    run.fill(5);
    let barrier = arena.begin_barrier();
    assert_eq!(arena.barrier().phase() % 2, 1);
    arena.protect(run.run).unwrap();
    assert!(!run.is_writable() && behind.is_writable());
    run.verify(5, 3);
    arena.unprotect(run.run);
    arena.end_barrier(barrier);
    assert_eq!(arena.barrier().phase() % 2, 0);
    assert!(run.is_writable());
    run.verify(5, 3);
}

#[test]
fn writers_are_let_in_again_even_if_that_is_refused_once() {
    let arena = Arena::new(FailNth::new(Confined::to(SMALL)));
    let run = span(&arena, 2);
    let barrier = arena.begin_barrier();
    arena.protect(run.run).unwrap();
    arena.os().refuse(0, 1);
    arena.unprotect(run.run);
    arena.end_barrier(barrier);
    assert!(arena.os().calls() >= 2 && run.is_writable());
}

/// The kernel may have done a part of what it refuses.
#[test]
fn a_run_of_which_a_part_could_be_protected_is_writable_again() {
    let arena = Arena::new(Confined::to(SMALL));
    let run = span(&arena, 3);
    arena.os().halfway.store(true, Ordering::Relaxed);
    let barrier = arena.begin_barrier();
    assert_eq!(arena.protect(run.run), Err(Refused));
    arena.end_barrier(barrier);
    assert!(run.is_writable());
}

#[test]
fn behind_a_barrier_only_faults_come_through() {
    let arena = Arena::new(Confined::to(SMALL));
    let barrier = arena.begin_barrier();
    assert!(
        [libc::SIGUSR1, libc::SIGALRM, libc::SIGTERM, libc::SIGPROF]
            .into_iter()
            .all(blocked)
    );
    // Others than SIGSEGV are raised by no write to a protected page, but may be sent.
    assert!(
        [libc::SIGBUS, libc::SIGFPE, libc::SIGTRAP, libc::SIGSYS]
            .into_iter()
            .all(blocked)
    );
    assert!(!blocked(libc::SIGSEGV));
    arena.end_barrier(barrier);
    assert!(!blocked(libc::SIGUSR1) && !blocked(libc::SIGFPE));
}
