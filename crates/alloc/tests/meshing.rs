//! Memory comes back, and nobody is disturbed.

mod sparse;

use std::fs::read_to_string;
use std::io::{Read, Write, pipe};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use mesh_alloc::Mesh;
use sparse::Sparse;

#[global_allocator]
static GLOBAL: Mesh = Mesh;

/// Reads into small objects until it is told to end; each read must get all bytes.
fn read_into_objects(end: &AtomicBool) -> usize {
    let (mut from, mut to) = pipe().expect("a pipe");
    let mut rounds = 0;
    while !end.load(Ordering::Relaxed) {
        let mut objects: Vec<Box<[u8; 200]>> = (0..200).map(|_| Box::new([0; 200])).collect();
        // Some stay, far from each other.
        let mut nth = 0;
        objects.retain(|_| {
            nth += 1;
            nth % 3 == 0
        });
        for object in &mut objects {
            to.write_all(&[rounds as u8; 200]).expect("room");
            from.read_exact(&mut object[..]).expect("no fault");
            assert_eq!(**object, [rounds as u8; 200]);
        }
        rounds += 1;
    }
    rounds
}

/// Whether the kernel makes writers wait for whoever asks, of this process: since Linux 6.4, for those who may look into others' memory.
fn writers_can_wait() -> bool {
    const TRACE: u32 = 19;
    let status = read_to_string("/proc/self/status").expect("a status");
    let of = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        line.map(str::trim)
            .expect("a line of the status")
            .to_owned()
    };
    let rights = u64::from_str_radix(&of("CapEff:"), 16).expect("a number");
    let release = read_to_string("/proc/sys/kernel/osrelease").expect("a version");
    let mut numbers = release
        .split(['.', '-'])
        .map_while(|n| n.parse::<u32>().ok());
    let version = (numbers.next(), numbers.next());
    version >= (Some(6), Some(4)) && rights >> TRACE & 1 == 1 && of("Seccomp:") == "0"
}

#[test]
fn memory_comes_back() {
    let mut lines = Sparse::new(200_000, "one");
    let before = GLOBAL.stats();
    GLOBAL.compact();
    let after = GLOBAL.stats();
    lines.check("one");
    assert!(after.meshing || !writers_can_wait(), "{after:?}");
    // Where writers cannot be made to wait nothing is meshed, and that is said.
    assert_eq!(after.meshing, after.meshes > 0, "{after:?}");
    if after.meshing {
        assert!(
            after.resident < before.resident * 2 / 3,
            "{before:?} {after:?}"
        );
        assert!(after.saved > 1 << 20, "{after:?}");
    }
    lines.rename("two");
    lines.check("two");

    let end = AtomicBool::new(false);
    thread::scope(|scope| {
        let reader = scope.spawn(|| read_into_objects(&end));
        for _ in 0..20 {
            let others = Sparse::new(20_000, "six");
            GLOBAL.compact();
            others.check("six");
        }
        end.store(true, Ordering::Relaxed);
        assert!(reader.join().expect("no fault") > 0);
    });
    lines.check("two");

    GLOBAL.stop_meshing();
    let stopped = GLOBAL.stats();
    assert!(!stopped.meshing);
    let others = Sparse::new(100_000, "six");
    GLOBAL.compact();
    others.check("six");
    assert_eq!(GLOBAL.stats().meshes, stopped.meshes);
    lines.rename("one");
    lines.check("one");
}
