//! Threads that end give back what they kept.

use std::sync::mpsc::channel;
use std::thread;

use mesh_alloc::Mesh;

#[global_allocator]
static GLOBAL: Mesh = Mesh;

/// Objects of many sizes, and how many bytes they have.
fn work() -> usize {
    let objects: Vec<Vec<u8>> = (1..2_000).map(|nth| vec![nth as u8; nth]).collect();
    objects
        .iter()
        .map(|object| {
            assert!(object.iter().all(|&byte| byte == object.len() as u8));
            object.len()
        })
        .sum()
}

#[test]
fn what_threads_kept_comes_back() {
    let run = || thread::spawn(work).join().expect("it works");
    let bytes = run();
    let before = GLOBAL.stats();
    for _ in 0..300 {
        assert_eq!(run(), bytes);
    }
    let after = GLOBAL.stats();
    assert_eq!(after.threads, before.threads);
    assert!(
        after.allocated < before.allocated + bytes,
        "{before:?} {after:?}"
    );
    assert!(
        after.resident < before.resident + 8 * bytes,
        "{before:?} {after:?}"
    );

    // What one thread makes another one takes apart, when the first is gone.
    let (to, from) = channel::<Vec<String>>();
    let maker = thread::spawn(move || {
        for round in 0..50 {
            let lines = (0..1_000).map(|nth| format!("{round} {nth}"));
            to.send(lines.collect()).expect("somebody listens");
        }
    });
    maker.join().expect("it works");
    for (round, lines) in from.iter().enumerate() {
        for (nth, line) in lines.iter().enumerate() {
            assert_eq!(*line, format!("{round} {nth}"));
        }
    }
}
