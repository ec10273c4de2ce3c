//! The profile against a shadow of it, and what others read of it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

use heapprofile::{Context, Header, Image, Interval, Profile, Room, Sample, Unreadable, Weight};
use proptest::prelude::*;

/// Memory of a profile.
struct Memory {
    words: Vec<AtomicU64>,
    index: Vec<AtomicU64>,
    samples: Vec<Sample>,
}

impl Memory {
    fn new(words: usize, index: usize, samples: usize) -> Self {
        let zeros = |count| (0..count).map(|_| AtomicU64::new(0)).collect();
        Self {
            words: zeros(words),
            index: zeros(index),
            samples: (0..samples).map(|_| Sample::default()).collect(),
        }
    }

    fn profile(&self, mean: u64, most: usize) -> Profile<'_> {
        let room = Room {
            words: &self.words,
            index: &self.index,
            samples: &self.samples,
        };
        Profile::new(room, Interval::new(mean).unwrap(), most).unwrap()
    }

    /// As a file has it.
    fn bytes(&self, profile: &Profile<'_>) -> Vec<u8> {
        let words = profile.stacks().used().iter();
        words
            .flat_map(|word| word.load(Ordering::Relaxed).to_ne_bytes())
            .collect()
    }
}

/// The first address of code of the model, in which words below it are data.
const CODE: u64 = 1 << 40;

const STACK: u64 = 0x7000_0000;

/// Samples a block at a place in a program whose stack is `stack`.
fn sample(profile: &Profile<'_>, address: u64, size: u64, stack: &[u64]) {
    let context = Context {
        instruction: CODE,
        stack_pointer: STACK,
        frame_pointer: 1,
    };
    let copy = |at: u64, words: &mut [u64]| {
        let first = ((at - STACK) / 8) as usize;
        let there = stack.get(first..first + words.len());
        there.map(|there| words.copy_from_slice(there)).is_some()
    };
    profile.sample(address, size, &context, copy, |word| word >= CODE);
}

/// A whole number of pieces, since what is not there as a piece is not copied.
fn stack_of(chain: u64, junk: u64) -> Vec<u64> {
    let mut stack = vec![junk; 32];
    stack[3] = CODE + chain;
    stack
}

#[test]
fn stacks_are_told_apart_by_what_may_be_code() {
    let memory = Memory::new(4096, 64, 64);
    let profile = memory.profile(1, 1024);
    for block in 0..10 {
        sample(&profile, 16 + block * 16, 100, &stack_of(block % 2, block));
    }
    let bytes = memory.bytes(&profile);
    let image = Image::new(&bytes).unwrap();
    let stacks: Vec<_> = image.stacks().collect();
    // The first record is that of samples without one.
    assert_eq!(stacks.len(), 3);
    assert_eq!(stacks[0].samples(), 0);
    for (number, stack) in stacks[1..].iter().enumerate() {
        assert_eq!((stack.samples(), stack.live_samples()), (5, 5));
        assert_eq!((stack.live_bytes(), stack.bytes()), (500, 500));
        assert_eq!(stack.live_blocks(), 5.0);
        assert_eq!(stack.instruction(), CODE);
        assert_eq!((stack.stack_pointer(), stack.frame_pointer()), (STACK, 1));
        assert_eq!(stack.stack_bytes(), 256);
        assert_eq!(stack.word(STACK + 24), Some(CODE + number as u64));
        assert_eq!(
            stack.word(STACK),
            Some(number as u64),
            "the first one's junk"
        );
        assert_eq!(stack.word(STACK + 256), None);
        assert_eq!(stack.word(STACK + 1), None);
        assert_eq!(stack.word(STACK - 8), None);
    }
    assert_eq!(image.header(Header::Interval), 1);
    assert_eq!(image.header(Header::Dropped), 0);
}

#[test]
fn a_stack_is_cut_at_what_is_kept_and_where_it_ends() {
    let memory = Memory::new(4096, 64, 64);
    let profile = memory.profile(1, 64);
    sample(&profile, 16, 1, &stack_of(1, 0));
    sample(&profile, 32, 1, &[]);
    let bytes = memory.bytes(&profile);
    let stacks: Vec<_> = Image::new(&bytes).unwrap().stacks().collect();
    assert_eq!(stacks[1].stack_bytes(), 64);
    assert_eq!(stacks[2].stack_bytes(), 0);
}

#[test]
fn without_room_for_stacks_samples_are_those_of_no_stack() {
    let memory = Memory::new(16 + 12 + 44, 64, 64);
    let profile = memory.profile(1, 256);
    for block in 0..5 {
        sample(&profile, 16 + block * 16, 8, &stack_of(block, 0));
    }
    let bytes = memory.bytes(&profile);
    let counts: Vec<_> = Image::new(&bytes)
        .unwrap()
        .stacks()
        .map(|stack| (stack.instruction(), stack.live_bytes()))
        .collect();
    assert_eq!(counts, [(0, 32), (CODE, 8)]);
}

#[test]
fn samples_without_room_are_counted_as_dropped() {
    let memory = Memory::new(4096, 64, 16);
    let profile = memory.profile(1, 256);
    for block in 0..100 {
        sample(&profile, 4096 + block * 16, 8, &stack_of(0, 0));
    }
    let bytes = memory.bytes(&profile);
    let image = Image::new(&bytes).unwrap();
    let taken: u64 = image.stacks().map(|stack| stack.samples()).sum();
    assert!(taken > 8 && taken <= 16, "{taken}");
    assert_eq!(taken + image.header(Header::Dropped), 100);
    profile.reset();
    let bytes = memory.bytes(&profile);
    let image = Image::new(&bytes).unwrap();
    assert!(
        image
            .stacks()
            .all(|stack| stack.samples() + stack.live_bytes() == 0)
    );
    assert_eq!(image.header(Header::Dropped), 0);
}

#[test]
fn too_little_room_is_no_profile() {
    for (words, index, samples) in [(27, 64, 64), (4096, 63, 64), (4096, 0, 64), (4096, 64, 7)] {
        let memory = Memory::new(words, index, samples);
        let room = Room {
            words: &memory.words,
            index: &memory.index,
            samples: &memory.samples,
        };
        assert!(
            Profile::new(room, Interval::USUAL, 0).is_none(),
            "{words} {index} {samples}"
        );
    }
}

#[test]
fn threads_count_at_once() {
    let memory = Memory::new(1 << 16, 1 << 10, 1 << 10);
    let profile = memory.profile(1, 256);
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let profile = &profile;
            scope.spawn(move || {
                for round in 0..2000_u64 {
                    let address = 4096 + thread * 16 + round % 8 * 4096;
                    sample(profile, address, 10, &stack_of(round % 50, thread));
                    if round % 8 != 7 {
                        profile.forget(address);
                    }
                }
            });
        }
    });
    let bytes = memory.bytes(&profile);
    let image = Image::new(&bytes).unwrap();
    let samples: u64 = image.stacks().map(|stack| stack.samples()).sum();
    let live: u64 = image.stacks().map(|stack| stack.live_samples()).sum();
    assert_eq!((samples, live), (8000, 4));
    let with_samples = image.stacks().filter(|stack| stack.samples() > 0);
    assert_eq!(with_samples.count(), 50);
}

#[test]
fn what_is_no_profile_is_refused() {
    let memory = Memory::new(4096, 64, 64);
    let profile = memory.profile(1, 256);
    let bytes = memory.bytes(&profile);
    assert_eq!(Image::new(&[]).err(), Some(Unreadable::NotOne));
    assert_eq!(Image::new(&bytes[..8]).err(), Some(Unreadable::Cut));
    assert_eq!(Image::new(&bytes[..40]).err(), Some(Unreadable::Cut));
    let mut other = bytes.clone();
    other[8] = 9;
    assert_eq!(Image::new(&other).err(), Some(Unreadable::Version(9)));
    let mut longer = bytes.clone();
    longer.extend(b"maps");
    assert_eq!(Image::new(&longer).unwrap().rest(), b"maps");
}

proptest! {
    #[test]
    fn counters_are_those_of_a_shadow(steps in prop::collection::vec((0..40_u64, 1..4000_u64, 0..6_u64, any::<bool>()), 0..300)) {
        let memory = Memory::new(1 << 14, 64, 256);
        let profile = memory.profile(1000, 256);
        let (mut live, mut ever) = (HashMap::new(), HashMap::<u64, u64>::new());
        for (block, size, chain, gives_back) in steps {
            let address = 4096 + block * 16;
            if gives_back {
                profile.forget(address);
                live.remove(&address);
            } else {
                sample(&profile, address, size, &stack_of(chain, block));
                live.insert(address, (size, chain));
                *ever.entry(chain).or_default() += profile.interval().weight(size).bytes;
            }
        }
        let bytes = memory.bytes(&profile);
        let image = Image::new(&bytes).unwrap();
        prop_assert_eq!(image.header(Header::Dropped), 0);
        for stack in image.stacks().skip(1) {
            let chain = stack.word(STACK + 24).unwrap() - CODE;
            let weights: Vec<Weight> = live
                .values()
                .filter(|(_, of)| *of == chain)
                .map(|(size, _)| profile.interval().weight(*size))
                .collect();
            prop_assert_eq!(stack.live_samples(), weights.len() as u64);
            prop_assert_eq!(stack.live_bytes(), weights.iter().map(|weight| weight.bytes).sum::<u64>());
            prop_assert_eq!(stack.bytes(), ever.get(&chain).copied().unwrap_or(0));
        }
    }

    #[test]
    fn any_bytes_can_be_looked_at(mut bytes in prop::collection::vec(any::<u8>(), 0..2000), len in 0..300_u64) {
        let head = [u64::from_ne_bytes(*b"meshprof"), 1, 1, len];
        for (place, byte) in bytes.iter_mut().zip(head.iter().flat_map(|word| word.to_ne_bytes())) {
            *place = byte;
        }
        if let Ok(image) = Image::new(&bytes) {
            let most = bytes.len() / 8;
            prop_assert!(image.stacks().count() <= most);
        }
    }
}
