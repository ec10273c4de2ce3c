//! Writers that wait in the kernel. These tests need the right to use `userfaultfd`, and say so where it is missing.

use std::fs::File;
use std::os::fd::FromRawFd;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, ScopedJoinHandle};
use std::time::{Duration, Instant};

use arena::os::{Userfault, WriteFaults};
use arena::{Arena, BarrierChoice, BarrierTier, FailNth, Os, Why};
use heap::{LargePages, PageCount, Remapping, Upkeep, WriteProtection};

use crate::bytes::{Owned, PAGE};
use crate::confined::Confined;
use crate::mappings::kernel_mappings;
use crate::spans::{put, span};

const SMALL: usize = 16 << 20;

/// Long enough for a writer that does not wait.
const A_WHILE: Duration = Duration::from_millis(40);

pub(crate) fn watched<O: Os>(os: O) -> Arena<O> {
    let arena = Arena::new(os);
    let tier = arena.choose_barrier(BarrierChoice::Userfaultfd);
    assert_eq!(
        tier,
        BarrierTier::Userfaultfd,
        "this test needs root, or vm.unprivileged_userfaultfd=1"
    );
    arena
}

/// A thread that writes to a run, and what it has done.
struct Writer<'s> {
    done: &'s AtomicBool,
    thread: ScopedJoinHandle<'s, ()>,
}

impl<'s> Writer<'s> {
    fn start(scope: &'s thread::Scope<'s, '_>, write: impl FnOnce() + Send + 's) -> Self {
        let done: &'s AtomicBool = Box::leak(Box::new(AtomicBool::new(false)));
        let thread = scope.spawn(move || {
            write();
            done.store(true, Ordering::Release);
        });
        Self { done, thread }
    }

    fn waits(&self) -> bool {
        thread::sleep(A_WHILE);
        !self.done.load(Ordering::Acquire)
    }

    fn end(self) {
        self.thread.join().expect("it wrote");
    }
}

// SAFETY: tests share runs between threads and see to it that bytes are written by one of them.
unsafe impl Sync for Owned {}
// SAFETY: the pages belong to the arena and not to a thread.
unsafe impl Send for Owned {}

/// Has the kernel write a byte, as `read` does.
fn kernel_writes(run: &Owned, offset: usize, byte: u8) {
    let mut ends = [0; 2];
    // SAFETY: the array has room for two descriptors.
    assert_eq!(unsafe { libc::pipe(ends.as_mut_ptr()) }, 0);
    // SAFETY: the byte lives across the call.
    let sent = unsafe { libc::write(ends[1], (&raw const byte).cast(), 1) };
    assert_eq!(sent, 1);
    // SAFETY: the offset lies in the run.
    let at = unsafe { run.start().add(offset) };
    // SAFETY: the kernel writes one byte of the run, which is the test's.
    let got = unsafe { libc::read(ends[0], at.as_ptr().cast(), 1) };
    assert_eq!(got, 1, "{}", std::io::Error::last_os_error());
    for end in ends {
        // SAFETY: opened above, and used nowhere else.
        drop(unsafe { File::from_raw_fd(end) });
    }
}

#[test]
fn writers_wait_until_the_run_is_remapped_and_write_to_its_new_pages() {
    let arena = watched(Confined::to(SMALL));
    let run = span(&arena, 2);
    run.fill(3);
    thread::scope(|scope| {
        let barrier = arena.begin_barrier();
        arena.open_shared(run.run).unwrap();
        arena.protect(run.run).unwrap();
        let thread = Writer::start(scope, || run.write(100, b"thread"));
        let kernel = Writer::start(scope, || kernel_writes(&run, PAGE + 100, b'k'));
        assert!(thread.waits() && kernel.waits());
        run.verify(3, 2);
        assert_eq!(&run.bytes()[100..106], [0; 6]);
        // SAFETY: the shared pages are open, and nobody writes.
        unsafe { arena.copy_to_shared(run.run.first, run.run.first, 0, run.len()) };
        // SAFETY: the shared pages hold the bytes.
        unsafe { arena.alias(run.run, run.run.first) }.unwrap();
        // All are woken at once.
        arena.end_barrier(barrier);
        thread.end();
        kernel.end();
    });
    run.verify(3, 2);
    assert_eq!(&run.bytes()[100..106], b"thread");
    assert_eq!(run.bytes()[PAGE + 100], b'k');
    assert_eq!(arena.barrier_tier(), BarrierTier::Userfaultfd);
}

#[test]
fn writers_of_untouched_pages_wait_as_well() {
    let arena = watched(Confined::to(SMALL));
    let run = span(&arena, 1);
    thread::scope(|scope| {
        let barrier = arena.begin_barrier();
        arena.protect(run.run).unwrap();
        let writer = Writer::start(scope, || run.write(0, b"first"));
        assert!(writer.waits());
        assert!(run.is_zero());
        arena.unprotect(run.run);
        writer.end();
        arena.end_barrier(barrier);
    });
    assert_eq!(&run.bytes()[..5], b"first");
}

#[test]
fn runs_on_shared_pages_are_protected_as_private_ones_are() {
    let arena = watched(Confined::to(SMALL));
    let [one, other] = [span(&arena, 1), span(&arena, 1)];
    assert!(put(&arena, &one, one.run, 0, PAGE));
    assert!(put(&arena, &other, one.run, 0, 0));
    thread::scope(|scope| {
        let barrier = arena.begin_barrier();
        arena.protect(other.run).unwrap();
        // Only this way to the pages is closed.
        one.write(0, b"one");
        let writer = Writer::start(scope, || kernel_writes(&other, 10, b'o'));
        assert!(writer.waits());
        arena.unprotect(other.run);
        writer.end();
        arena.end_barrier(barrier);
    });
    assert_eq!(one.bytes()[10], b'o');
}

/// A writer that saw the protection just before it was lifted, and goes to sleep just after it was woken.
#[test]
fn nobody_sleeps_for_ever_when_protection_is_lifted() {
    const TIMES: usize = 10_000;
    const PATIENCE: Duration = Duration::from_secs(10);
    let arena = watched(Confined::to(SMALL));
    let run = span(&arena, 1);
    let written = [const { AtomicUsize::new(0) }; 3];
    let ended = AtomicBool::new(false);
    thread::scope(|scope| {
        for (number, written) in written.iter().enumerate() {
            let (run, ended) = (&run, &ended);
            scope.spawn(move || {
                while !ended.load(Ordering::Relaxed) {
                    run.write(number * 8, &[1; 8]);
                    written.fetch_add(1, Ordering::Relaxed);
                    thread::yield_now();
                }
            });
        }
        let mut asleep = false;
        for _ in 0..TIMES {
            // SAFETY: zeros are as good as ones to this test, and an untouched page is what makes writers sleep.
            let gone =
                unsafe { libc::madvise(run.start().as_ptr().cast(), PAGE, libc::MADV_DONTNEED) };
            assert_eq!(gone, 0);
            let barrier = arena.begin_barrier();
            arena.protect(run.run).unwrap();
            arena.unprotect(run.run);
            arena.end_barrier(barrier);
            let before = written
                .each_ref()
                .map(|count| count.load(Ordering::Relaxed));
            let all_wrote = || {
                let counts = written.iter().map(|count| count.load(Ordering::Relaxed));
                counts.zip(before).all(|(now, before)| now > before)
            };
            let since = Instant::now();
            while !all_wrote() && !asleep {
                thread::yield_now();
                asleep = since.elapsed() > PATIENCE;
            }
            if asleep {
                break;
            }
        }
        ended.store(true, Ordering::Relaxed);
        // Whoever sleeps is let go with the descriptor.
        let _ = arena.choose_barrier(BarrierChoice::Mprotect);
        assert!(!asleep, "a writer sleeps at a page that is not protected");
    });
}

/// Closes the number, as a program may that closes all it finds.
fn close(userfault: &Userfault) {
    // SAFETY: the arena has to live with it.
    assert_eq!(unsafe { libc::close(userfault.file) }, 0);
}

#[test]
fn a_descriptor_that_is_closed_under_way_opens_no_hole() {
    let arena = watched(Confined::to(SMALL));
    let [run, lifted, next] = [span(&arena, 1), span(&arena, 1), span(&arena, 1)];
    run.fill(4);
    thread::scope(|scope| {
        let barrier = arena.begin_barrier();
        arena.open_shared(run.run).unwrap();
        arena.protect(run.run).unwrap();
        arena.protect(lifted.run).unwrap();
        let early = Writer::start(scope, || run.write(100, b"early"));
        assert!(early.waits());
        close(&arena.os().userfault().unwrap());
        let late = Writer::start(scope, || kernel_writes(&run, 200, b'l'));
        let other = Writer::start(scope, || lifted.write(0, b"other"));
        assert!(early.waits() && late.waits() && other.waits());
        run.verify(4, 1);
        // SAFETY: the shared pages are open, and nobody writes.
        unsafe { arena.copy_to_shared(run.run.first, run.run.first, 0, PAGE) };
        // SAFETY: the shared pages hold the bytes.
        unsafe { arena.alias(run.run, run.run.first) }.unwrap();
        arena.unprotect(lifted.run);
        // What is protected from now on is so by other means.
        arena.protect(next.run).unwrap();
        assert_eq!(arena.barrier_tier(), BarrierTier::Mprotect(Why::Closed));
        assert!(!next.is_writable());
        arena.unprotect(next.run);
        arena.end_barrier(barrier);
        [early, late, other].into_iter().for_each(Writer::end);
    });
    run.verify(4, 1);
    assert_eq!(&run.bytes()[100..105], b"early");
    assert_eq!(run.bytes()[200], b'l');
    assert_eq!(&lifted.bytes()[..5], b"other");
    assert!([run, lifted, next].iter().all(Owned::is_writable));
}

#[test]
fn a_number_that_came_to_stand_for_something_else_is_left_alone() {
    let arena = watched(Confined::to(SMALL));
    let run = span(&arena, 1);
    let userfault = arena.os().userfault().unwrap();
    close(&userfault);
    // Another one of the same kind, so that every request would be understood.
    let others = arena.os().open_userfault().unwrap();
    let taken = if others.file == userfault.file {
        others.file
    } else {
        // SAFETY: the number is free, or what was opened there by another test is kept open by it.
        unsafe { libc::fcntl(others.file, libc::F_DUPFD_CLOEXEC, userfault.file) }
    };
    let barrier = arena.begin_barrier();
    arena.protect(run.run).unwrap();
    assert_eq!(arena.barrier_tier(), BarrierTier::Mprotect(Why::Closed));
    assert!(!run.is_writable());
    arena.unprotect(run.run);
    arena.end_barrier(barrier);
    let mut still = others;
    still.file = taken;
    assert!(
        arena.os().is_open(&still),
        "somebody else's descriptor was closed"
    );
    // SAFETY: the range is the arena's. Nobody has registered it here, so there is nothing to be protected.
    let foreign = unsafe { arena.os().hold_writers(&still, run.start(), PAGE) };
    assert!(
        foreign.is_err(),
        "our pages were registered with somebody else's descriptor"
    );
}

#[test]
fn a_run_is_lifted_even_if_all_that_can_be_refused_is() {
    let arena = watched(FailNth::new(Confined::to(SMALL)));
    let run = span(&arena, 1);
    thread::scope(|scope| {
        let barrier = arena.begin_barrier();
        arena.protect(run.run).unwrap();
        let writer = Writer::start(scope, || kernel_writes(&run, 7, b'w'));
        assert!(writer.waits());
        arena.os().refuse(0, u64::MAX);
        arena.unprotect(run.run);
        writer.end();
        arena.end_barrier(barrier);
    });
    assert_eq!(run.bytes()[7], b'w');
    assert_eq!(arena.barrier_tier(), BarrierTier::Userfaultfd);
}

#[test]
fn what_is_refused_at_the_start_leaves_the_other_tier() {
    let tier_when = |first, end| {
        let arena = Arena::new(FailNth::new(Confined::to(SMALL)));
        let run = span(&arena, 1);
        arena.os().refuse(first, end);
        let chosen = arena.choose_barrier(BarrierChoice::Userfaultfd);
        let barrier = arena.begin_barrier();
        arena.os().refuse(u64::MAX, 0);
        arena.protect(run.run).unwrap();
        arena.unprotect(run.run);
        arena.end_barrier(barrier);
        assert!(run.is_writable());
        (chosen, arena.barrier_tier())
    };
    let refused = BarrierTier::Mprotect(Why::Refused);
    assert_eq!(tier_when(0, 1), (refused, refused));
    assert_eq!(tier_when(1, 2), (refused, refused));
    assert_eq!(tier_when(0, 0).1, BarrierTier::Userfaultfd);
}

#[test]
fn what_filters_may_forbid_is_not_tried_unasked() {
    let arena = Arena::new(FailNth::new(Confined::to(SMALL)));
    let _ = span(&arena, 1);
    arena.os().refuse(0, 1);
    assert_eq!(
        arena.choose_barrier(BarrierChoice::Auto),
        BarrierTier::Mprotect(Why::Untold)
    );
    arena.os().refuse(0, 0);
    assert_eq!(
        arena.choose_barrier(BarrierChoice::Auto),
        BarrierTier::Userfaultfd
    );
}

#[test]
fn without_a_hold_nothing_is_protected_by_the_descriptor() {
    let arena = watched(FailNth::new(Confined::to(SMALL)));
    let run = span(&arena, 1);
    let barrier = arena.begin_barrier();
    arena.os().refuse(0, 1);
    arena.protect(run.run).unwrap();
    assert_eq!(arena.barrier_tier(), BarrierTier::Mprotect(Why::NotHeld));
    assert!(!run.is_writable());
    arena.unprotect(run.run);
    arena.end_barrier(barrier);
    assert!(run.is_writable());
}

#[test]
fn a_run_is_registered_after_its_remap_when_it_is_protected_again() {
    let arena = watched(FailNth::new(Confined::to(SMALL)));
    let run = span(&arena, 1);
    let barrier = arena.begin_barrier();
    arena.open_shared(run.run).unwrap();
    arena.protect(run.run).unwrap();
    arena.os().refuse(u64::MAX, 0);
    // SAFETY: nobody looks at the bytes.
    unsafe { arena.alias(run.run, run.run.first) }.unwrap();
    assert_eq!(arena.os().calls(), 1, "the remap, and nothing else");
    thread::scope(|scope| {
        arena.protect(run.run).unwrap();
        let writer = Writer::start(scope, || run.write(0, b"w"));
        assert!(writer.waits());
        arena.unprotect(run.run);
        writer.end();
    });
    arena.end_barrier(barrier);
}

#[test]
fn watching_adds_no_mappings() {
    let arena = watched(Confined::to(SMALL));
    let spans: Vec<_> = (0..64).map(|_| span(&arena, 1)).collect();
    let large = arena.allocate_large(PageCount(128), PageCount(1)).unwrap();
    let big = Owned::of(&arena, large.first, PageCount(128));
    big.fill(1);
    let before = kernel_mappings(&arena);
    // Neighbours onto neighbours: one mapping more for all of them, and the border behind it.
    for span in &spans[..32] {
        assert!(put(&arena, span, span.run, 0, PAGE));
    }
    assert!(kernel_mappings(&arena) <= before + 2);
    for span in &spans[..32] {
        // SAFETY: the span is shared, and given up.
        unsafe { arena.dissolve(span.run) }.unwrap();
    }
    assert_eq!(kernel_mappings(&arena), before);
    // Large objects come from the other end, are moved, and go.
    // SAFETY: used at the new address only.
    let moved = unsafe { arena.move_large(large.first, PageCount(200), PageCount(200)) }.unwrap();
    Owned::of(&arena, moved, PageCount(200)).verify(1, 128);
    // SAFETY: given up.
    unsafe { arena.free_large(moved) }.unwrap();
    assert!(!arena.purge(true, u64::MAX));
    assert_eq!(kernel_mappings(&arena), before);
    assert!(spans[40].is_writable());
}

/// The number is high, and `exec` closes it.
#[test]
fn the_descriptor_is_out_of_the_way() {
    let os = Confined::to(SMALL);
    let userfault = os.open_userfault().expect("needs root");
    assert!(userfault.file >= 900, "{}", userfault.file);
    // SAFETY: looks at a descriptor.
    let flags = unsafe { libc::fcntl(userfault.file, libc::F_GETFD) };
    assert_eq!(flags & libc::FD_CLOEXEC, libc::FD_CLOEXEC);
    let opened = std::fs::read_link(format!("/proc/self/fd/{}", userfault.file)).unwrap();
    assert_eq!(opened.to_str(), Some("anon_inode:[userfaultfd]"));
    assert!(os.is_ours(&userfault) && os.is_open(&userfault));
    os.close_userfault(&userfault);
    assert!(!os.is_open(&userfault));
}
