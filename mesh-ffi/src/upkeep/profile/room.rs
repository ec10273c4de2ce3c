//! Memory of the profile.

use core::ptr::{NonNull, with_exposed_provenance};
use core::slice;
use core::sync::atomic::AtomicU64;

use arena::os::{Access, Advice, Os, Purpose};
use heapprofile::{Room, Sample};

use crate::ground::clock::auxiliary;
use crate::ground::heap::HEAP;

/// Bytes for stacks at most. They are touched as they are needed.
const LARGEST: usize = 64 << 20;

/// Bytes for stacks at least.
const LEAST: usize = 1 << 20;

/// Bytes for stacks for each place of the index: records are larger as a rule, so that it seldom fills up.
const SHARE_OF_INDEX: usize = 2048;

/// Bytes for stacks for each sample that lives: 131,072 of these are 64 GiB at the usual interval.
const SHARE_OF_SAMPLE: usize = 512;

/// Memory, as much as can be had; `None` where there is none.
pub(super) fn reserve() -> Option<Room<'static>> {
    let mut bytes = LARGEST;
    while bytes >= LEAST {
        if let Some(room) = room_of(bytes) {
            return Some(room);
        }
        bytes /= 4;
    }
    None
}

fn room_of(bytes: usize) -> Option<Room<'static>> {
    let (index, samples) = (bytes / SHARE_OF_INDEX, bytes / SHARE_OF_SAMPLE);
    let len = bytes + size_of::<AtomicU64>() * index + size_of::<Sample>() * samples;
    let os = HEAP.global().pages().os();
    let start = os.reserve(len, Access::ReadWrite).ok()?;
    os.name(start, len, Purpose::Work);
    let _ = os.advise(start, len, Advice::NotInDumps);
    let words = start.cast::<AtomicU64>();
    let at_index = words.as_ptr().wrapping_byte_add(bytes);
    let at_samples = at_index.wrapping_add(index).cast::<Sample>();
    // SAFETY: three ranges of one fresh mapping, which stays; zeros are a value of both types, which may be shared.
    let words = unsafe { part(words, bytes / size_of::<AtomicU64>()) };
    // SAFETY: the same.
    let index = unsafe { part(NonNull::new(at_index)?, index) };
    // SAFETY: the same.
    let samples = unsafe { part(NonNull::new(at_samples)?, samples) };
    Some(Room {
        words,
        index,
        samples,
    })
}

/// # Safety
/// There are `count` values, which stay and are shared.
unsafe fn part<T>(start: NonNull<T>, count: usize) -> &'static [T] {
    // SAFETY: the caller's promise.
    unsafe { slice::from_raw_parts(start.as_ptr(), count) }
}

/// A word that is another one in each process.
pub(super) fn seed() -> u64 {
    // SAFETY: has no preconditions.
    let bytes = unsafe { auxiliary(libc::AT_RANDOM) } as usize;
    let bytes = with_exposed_provenance::<[u8; 8]>(bytes);
    // SAFETY: the kernel's, which stay; null where it gave none.
    let bytes = unsafe { bytes.as_ref() };
    bytes.map_or(1, |bytes| u64::from_ne_bytes(*bytes))
}
