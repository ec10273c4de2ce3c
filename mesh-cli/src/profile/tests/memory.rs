//! Profiles in memory of the test's own.

use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use heapprofile::{Context, Header, Interval, Profile, Room, Sample};

use crate::profile::source::Source;
use crate::profile::unwound;

/// Memory of a profile.
pub(super) struct Memory {
    words: Vec<AtomicU64>,
    index: Vec<AtomicU64>,
    samples: Vec<Sample>,
}

impl Memory {
    pub(super) fn new() -> Self {
        Self::of(1 << 16)
    }

    /// Memory with so many words for stacks.
    pub(super) fn of(words: usize) -> Self {
        let zeros = |count| (0..count).map(|_| AtomicU64::new(0)).collect();
        Self {
            words: zeros(words),
            index: zeros(1 << 8),
            samples: (0..1 << 8).map(|_| Sample::default()).collect(),
        }
    }

    /// An empty profile. A block of `mean` bytes is sampled by chance, but larger ones stand for themselves only.
    pub(super) fn profile(&self, mean: u64, entry: u64) -> Profile<'_> {
        let room = Room {
            words: &self.words,
            index: &self.index,
            samples: &self.samples,
        };
        let profile = Profile::new(room, Interval::new(mean).unwrap(), 8 << 10).unwrap();
        profile.stacks().set(Header::Entry, entry);
        profile
    }
}

/// As a file has it.
pub(super) fn bytes(profile: &Profile<'_>, maps: &[u8]) -> Vec<u8> {
    let words = profile.stacks().used().iter();
    let bytes = words.flat_map(|word| word.load(Ordering::Relaxed).to_ne_bytes());
    bytes.chain(maps.iter().copied()).collect()
}

/// Read from such a file.
pub(super) fn read(profile: &Profile<'_>, maps: &[u8]) -> unwound::Profile {
    let bytes = bytes(profile, maps);
    let source = Source::new(bytes, "a test".to_owned(), None, SystemTime::now());
    unwound::Profile::new(source).unwrap()
}

/// The mappings of this process.
pub(super) fn own_maps() -> Vec<u8> {
    fs::read("/proc/self/maps").unwrap()
}

/// Samples a block, with a copy of the stack that begins at the stack pointer of `context`.
pub(super) fn sample(
    profile: &Profile<'_>,
    address: u64,
    size: u64,
    context: &Context,
    stack: &[u64],
) {
    let copy = |at: u64, words: &mut [u64]| {
        let first = ((at - context.stack_pointer) / 8) as usize;
        let there = stack.get(first..first + words.len());
        there.map(|there| words.copy_from_slice(there)).is_some()
    };
    profile.sample(address, size, context, copy, |_| true);
}
