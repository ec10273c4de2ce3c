//! The suite for heaps that threads may share.

use std::sync::{Barrier, Mutex};
use std::thread;

use heap::LockedHeap;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::runner;
use crate::sequence::{self, Op};
use crate::shadow::{Block, Shadow};

/// As [`owned::check_small_sizes`](crate::owned::check_small_sizes). `thread_end` sees the heap when this thread is done.
pub fn check_small_sizes<H: LockedHeap>(
    heap: impl Fn() -> H,
    thread_end: impl Fn(&H),
    at_end: impl Fn(&H),
) {
    let heap = heap();
    sequence::run_small_sizes(&mut &heap);
    thread_end(&heap);
    at_end(&heap);
}

/// As [`owned::check_sequences`](crate::owned::check_sequences). `thread_end` sees the heap when this thread is done.
pub fn check_sequences<H: LockedHeap>(
    heap: impl Fn() -> H,
    thread_end: impl Fn(&H),
    at_end: impl Fn(&H),
) {
    runner::check(&sequence::ops(), 64, |ops| {
        let heap = heap();
        sequence::run(&mut &heap, &ops);
        thread_end(&heap);
        at_end(&heap);
    });
}

/// How many threads use a heap at a time, beside the one that waits for them.
const THREADS: usize = 3;

#[derive(Clone, Copy, Debug)]
enum Step {
    Own(Op),
    HandOver { nth: usize, to: usize },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => sequence::op().prop_map(Step::Own),
        1 => (any::<u8>(), 0..THREADS).prop_map(|(nth, to)| Step::HandOver { nth: nth.into(), to }),
    ]
}

/// Blocks on their way to each of the threads.
type Mailboxes = [Mutex<Vec<Block>>; THREADS];

/// Threads do random sequences on one heap and hand blocks over, which the receiver uses and gives back. What is live
/// when they end is compared and given back by the thread that waited for them. `thread_end` sees the heap on each
/// thread, that one last; then `at_end` sees it.
pub fn check_threads<H: LockedHeap>(
    heap: impl Fn() -> H,
    thread_end: impl Fn(&H) + Sync,
    at_end: impl Fn(&H),
) {
    let programs = proptest::array::uniform::<_, THREADS>(vec(step(), 1..150));
    runner::check(&programs, 48, |programs| {
        let heap = heap();
        let left = run_threads(&heap, &programs, &thread_end);
        let mut owner = &heap;
        let mut shadow = Shadow::new(&mut owner, THREADS);
        left.into_iter().for_each(|block| shadow.adopt(block));
        shadow.verify();
        shadow.deallocate_all();
        thread_end(&heap);
        at_end(&heap);
    });
}

/// Runs one thread for each of `programs`, and returns the blocks that are live at their end.
fn run_threads<H: LockedHeap>(
    heap: &H,
    programs: &[Vec<Step>; THREADS],
    thread_end: &(impl Fn(&H) + Sync),
) -> Vec<Block> {
    let mailboxes = Mailboxes::default();
    let start = Barrier::new(THREADS);
    let live = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for (number, program) in programs.iter().enumerate() {
            let (mailboxes, start, live) = (&mailboxes, &start, &live);
            scope.spawn(move || {
                start.wait();
                let left = run_thread(heap, number, program, mailboxes);
                live.lock().expect(SOUND).extend(left);
                thread_end(heap);
            });
        }
    });
    let mut live = live.into_inner().expect(SOUND);
    live.extend(
        mailboxes
            .into_iter()
            .flat_map(|mailbox| mailbox.into_inner().expect(SOUND)),
    );
    live
}

fn run_thread(
    mut heap: &impl LockedHeap,
    number: usize,
    program: &[Step],
    mailboxes: &Mailboxes,
) -> Vec<Block> {
    let mut shadow = Shadow::new(&mut heap, number);
    for &step in program {
        let received = std::mem::take(&mut *mailboxes[number].lock().expect(SOUND));
        received.into_iter().for_each(|block| shadow.adopt(block));
        match step {
            Step::Own(op) => shadow.apply(op),
            Step::HandOver { nth, to } => {
                let block = shadow.remove(nth);
                mailboxes[to].lock().expect(SOUND).extend(block);
            }
        }
    }
    shadow.verify();
    shadow.into_blocks()
}

/// Why a lock of the suite can be had: its sections are too simple to fail.
const SOUND: &str = "nobody panics under this lock";
