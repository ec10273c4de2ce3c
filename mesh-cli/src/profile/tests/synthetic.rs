//! A process that never was, whose files nobody can read: stacks are unwound by frame pointers.

use heapprofile::{Context, Header, Profile};

use super::memory::{Memory, read, sample};
use crate::profile::chains::Place;
use crate::profile::{list, text};

const MAPS: &[u8] = b"\
10000-20000 r-xp 00000000 fe:00 1                          /nowhere/program
20000-30000 rw-p 00000000 00:00 0 
30000-40000 r-xp 00001000 fe:00 2                          /nowhere/libmesh.so
50000-60000 r-xp 00000000 00:00 0 
";

const STACK: u64 = 0x7000_0000;

/// A block that is so large that it stands for itself only.
const LARGE: u64 = 1 << 20;

/// Samples a block in a place of the library that was called at `calls`, the innermost first. The words above the frame pointers are
/// copied as well: `other` is one of them.
fn allocate(profile: &Profile<'_>, address: u64, calls: &[u64], other: u64) {
    let mut stack = vec![other, 0];
    for (number, call) in calls.iter().enumerate() {
        let next = STACK + 8 * (stack.len() as u64 + 2);
        let is_last = number + 1 == calls.len();
        stack.extend([if is_last { 0 } else { next }, *call]);
    }
    // Nothing is below the last one, and its frame pointer leads nowhere.
    stack.extend([0; 64]);
    let context = Context {
        instruction: 0x30100,
        stack_pointer: STACK,
        frame_pointer: STACK + 16,
    };
    sample(profile, address, LARGE, &context, &stack);
}

#[test]
fn equal_chains_are_one_and_the_library_is_left_out() {
    let memory = Memory::new();
    let profile = memory.profile(16, 0x10000);
    allocate(&profile, 0x1000, &[0x30200, 0x10100, 0x10200], 7);
    allocate(&profile, 0x2000, &[0x30200, 0x10100, 0x10200], 8);
    allocate(&profile, 0x3000, &[0x30200, 0x10100, 0x10300], 9);
    profile.forget(0x3000);
    let read = read(&profile, MAPS);
    let chains: Vec<_> = read.chains.iter().collect();
    assert_eq!(chains.len(), 2);
    // Each call is an address within its instruction.
    assert_eq!(chains[0].0, &Place::Chain(vec![0x100ff, 0x101ff]));
    assert_eq!(
        (chains[0].1.samples, chains[0].1.live_bytes),
        (2, 2 * LARGE)
    );
    assert_eq!(chains[1].0, &Place::Chain(vec![0x100ff, 0x102ff]));
    assert_eq!((chains[1].1.live_bytes, chains[1].1.bytes), (0, LARGE));
    let total = read.chains.total();
    assert_eq!((total.live_blocks, total.blocks), (2.0, 3.0));
}

#[test]
fn a_chain_ends_where_there_is_no_code() {
    let memory = Memory::new();
    let profile = memory.profile(16, 0x10000);
    allocate(&profile, 0x1000, &[0x10100, 0x50100, 0x20100, 0x10200], 7);
    let read = read(&profile, MAPS);
    let (place, _) = read.chains.iter().next().unwrap();
    assert_eq!(place, &Place::Chain(vec![0x100ff, 0x500ff]));
}

#[test]
fn the_list_says_what_is_known_of_each() {
    let memory = Memory::new();
    let profile = memory.profile(16, 0x10000);
    allocate(&profile, 0x1000, &[0x10100, 0x50100], 7);
    allocate(&profile, 0x2000, &[0x10100, 0x50100], 8);
    allocate(&profile, 0x3000, &[0x30100], 9);
    let read = read(&profile, MAPS);
    let calls = read.calls();
    let page = list::page(&read, &calls, list::Order::Live, 2).unwrap();
    assert!(
        page.contains("live                3.0 MiB in 3 blocks"),
        "{page}"
    );
    let lines: Vec<_> = page
        .lines()
        .skip_while(|line| !line.contains("function"))
        .collect();
    assert!(lines[1].ends_with("  program+0xff"), "{page}");
    assert!(lines[1].contains("2.0 MiB   66.7%"), "{page}");
    assert!(lines[2].ends_with("  [unknown]"), "{page}");
    assert!(lines[3].contains("1 more"), "{page}");
    // What is called by what allocates is listed, though it allocates nothing itself.
    let page = list::page(&read, &calls, list::Order::Live, 9).unwrap();
    assert!(
        page.contains("2.0 MiB   66.7%             0  0x500ff"),
        "{page}"
    );
    let files = read.modules.warnings(read.chains.addresses());
    assert_eq!(files.len(), 1);
    assert!(files[0].starts_with("/nowhere/program: "), "{files:?}");
}

#[test]
fn what_was_allocated_and_given_back_counts_if_that_is_asked_for() {
    let memory = Memory::new();
    let profile = memory.profile(16, 0x10000);
    allocate(&profile, 0x1000, &[0x10100], 7);
    for address in 2..4 {
        allocate(&profile, address << 12, &[0x10200], 7);
        profile.forget(address << 12);
    }
    let read = read(&profile, MAPS);
    let first = |order| {
        let page = list::page(&read, &read.calls(), order, 1).unwrap();
        let mut lines = page.lines().skip_while(|line| !line.contains("function"));
        lines.nth(1).unwrap().to_owned()
    };
    assert!(first(list::Order::Live).ends_with("program+0xff"));
    assert!(first(list::Order::Allocated).ends_with("program+0x1ff"));
}

#[test]
fn samples_without_a_stack_are_told_apart() {
    let memory = Memory::of(1 << 12);
    let profile = memory.profile(16, 0x10000);
    // More stacks than there is room for.
    for number in 0..200 {
        allocate(&profile, (number + 1) << 12, &[0x10100 + number], number);
    }
    let read = read(&profile, MAPS);
    assert!(
        read.chains
            .iter()
            .any(|(place, _)| *place == Place::NotKept)
    );
    let dropped = read.source.image().unwrap().header(Header::Dropped);
    assert_eq!(read.chains.total().samples + dropped, 200);
    let page = list::page(&read, &read.calls(), list::Order::Live, 20).unwrap();
    assert!(page.contains("[no stack kept]"), "{page}");
}

#[test]
fn the_text_has_a_line_for_each_chain_and_the_mappings() {
    let memory = Memory::new();
    let profile = memory.profile(16, 0x10000);
    allocate(&profile, 0x1000, &[0x30200, 0x10100, 0x10200], 7);
    allocate(&profile, 0x2000, &[0x30200], 7);
    profile.forget(0x2000);
    let page = text::page(&read(&profile, MAPS)).unwrap();
    let (head, maps) = page.split_once("\n\nMAPPED_LIBRARIES:\n").unwrap();
    assert_eq!(maps.as_bytes(), MAPS);
    let lines: Vec<_> = head.lines().collect();
    let expected = [
        "heap profile: 1: 1048576 [2: 2097152] @ heapprofile",
        "0: 0 [1: 1048576] @ 0x0",
        "1: 1048576 [1: 1048576] @ 0x100ff 0x10200",
    ];
    assert_eq!(lines, expected);
}
