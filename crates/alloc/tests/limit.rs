//! The most that the heap may have in use.

mod sparse;

use std::alloc::{GlobalAlloc, Layout};
use std::sync::Mutex;

use mesh_alloc::Mesh;
use sparse::Sparse;

#[global_allocator]
static GLOBAL: Mesh = Mesh;

/// There is one limit, and the tests share the heap.
static ALONE: Mutex<()> = Mutex::new(());

const MIB: usize = 1 << 20;

/// What is in use now.
fn in_use() -> usize {
    GLOBAL.compact();
    GLOBAL.stats().resident
}

/// A vector of so many bytes, each written to, if there may be one.
fn bytes(count: usize) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(count).ok()?;
    bytes.resize(count, 1);
    Some(bytes)
}

#[test]
fn a_request_beyond_it_is_refused_and_others_are_served() {
    let _alone = ALONE.lock().unwrap();
    let limit = in_use() + 32 * MIB;
    GLOBAL.set_limit(Some(limit));
    assert_eq!(GLOBAL.limit(), Some(limit / 4096 * 4096));
    let refused = GLOBAL.stats().refused;
    assert!(bytes(64 * MIB).is_none());
    let mut kept: Vec<_> = std::iter::from_fn(|| bytes(MIB)).collect();
    assert!((24..=32).contains(&kept.len()), "{} MiB", kept.len());
    assert!(GLOBAL.stats().refused > refused);
    // What was there before is as it was, and what goes makes room.
    let mut last = kept.pop().unwrap();
    drop(kept.pop());
    assert!(last.try_reserve_exact(40 * MIB).is_err());
    assert!(last.iter().all(|&byte| byte == 1));
    assert!(bytes(MIB).is_some());
    GLOBAL.set_limit(None);
    assert_eq!(GLOBAL.limit(), None);
    assert!(bytes(64 * MIB).is_some());
}

#[test]
fn small_blocks_come_to_an_end_with_null() {
    let _alone = ALONE.lock().unwrap();
    let limit = in_use() + 16 * MIB;
    let layout = Layout::from_size_align(192, 16).unwrap();
    // Room for the addresses comes first.
    let mut all: Vec<usize> = Vec::with_capacity(32 * MIB / layout.size());
    GLOBAL.set_limit(Some(limit + all.capacity() * size_of::<usize>()));
    while all.len() < all.capacity() {
        // SAFETY: the layout has bytes.
        let block = unsafe { GLOBAL.alloc(layout) };
        if block.is_null() {
            break;
        }
        // SAFETY: a block of as many bytes.
        unsafe { block.write_bytes(7, layout.size()) };
        all.push(block.expose_provenance());
    }
    GLOBAL.set_limit(None);
    let served = all.len() * layout.size();
    assert!((8 * MIB..17 * MIB).contains(&served), "{served} bytes");
    for address in all {
        let block = std::ptr::with_exposed_provenance_mut::<u8>(address);
        // SAFETY: allocated above, with this layout, and in use until now.
        unsafe { GLOBAL.dealloc(block, layout) };
    }
}

#[test]
fn the_heap_is_compacted_before_a_request_is_refused() {
    let _alone = ALONE.lock().unwrap();
    let mut lines = Sparse::new(300_000, "limit");
    // Most of the pages of the lines could come back, if they are meshed.
    let before = GLOBAL.stats();
    GLOBAL.set_limit(Some(before.resident + MIB));
    let more = bytes(6 * MIB);
    GLOBAL.set_limit(None);
    lines.check("limit");
    lines.rename("other");
    lines.check("other");
    let after = GLOBAL.stats();
    assert!(more.is_some() || !after.meshing, "{before:?} {after:?}");
}
