//! Where objects come to lie: the statistics on which the chance to mesh rests.
//!
//! Every seed is fixed, so a test gives the same answer each time. Each claim is judged with a chi-square or z statistic
//! whose critical value a correct implementation would pass for all but one in 10,000 choices of seeds; beside each
//! stands a control without the shuffle, which the same statistic must reject.

use core::num::NonZero;
use core::ptr::NonNull;
use std::collections::VecDeque;

use rand_pcg::Pcg32;
use rand_pcg::rand_core::SeedableRng;
use shufflevector::ShuffleVector;

/// A vector with storage of its own, filled with or without a shuffle.
struct Stack {
    vector: ShuffleVector,
    /// Read and written through `vector` only.
    _storage: Vec<*mut u8>,
    rng: Pcg32,
    shuffled: bool,
}

impl Stack {
    fn new(capacity: usize, seed: u64, shuffled: bool) -> Self {
        let mut storage = vec![core::ptr::null_mut::<u8>(); capacity];
        let room = NonNull::from(storage.as_mut_slice()).cast();
        // SAFETY: the entries stay where they are until `Stack` is dropped, and nobody else uses them.
        let vector = unsafe { ShuffleVector::new(room, capacity, capacity) };
        Self {
            vector,
            _storage: storage,
            rng: Pcg32::seed_from_u64(seed),
            shuffled,
        }
    }

    fn refill(&mut self, slots: impl Iterator<Item = usize>) {
        let mut slots = slots.map(address);
        if self.shuffled {
            self.vector.refill(&mut self.rng, slots);
        } else {
            assert!(slots.all(|slot| self.vector.push(slot)));
        }
    }

    fn pop(&mut self) -> Option<usize> {
        self.vector.pop().map(number)
    }
}

fn address(slot: usize) -> NonNull<u8> {
    NonNull::without_provenance(NonZero::new(slot + 1).expect("not zero"))
}

fn number(address: NonNull<u8>) -> usize {
    address.addr().get() - 1
}

/// Spans of `SLOTS` slots each, numbered through, and the stack of the one thread that uses them.
struct Program {
    stack: Stack,
    /// Free slots that the stack has not claimed.
    unclaimed: Vec<usize>,
    /// Live slots, oldest object first.
    live: VecDeque<usize>,
}

const SLOTS: usize = 6;

impl Program {
    fn new(spans: usize, seed: u64, shuffled: bool) -> Self {
        Self {
            stack: Stack::new(spans * SLOTS, seed, shuffled),
            unclaimed: (0..spans * SLOTS).collect(),
            live: VecDeque::new(),
        }
    }

    fn malloc(&mut self) {
        if self.stack.vector.is_empty() {
            self.unclaimed.sort_unstable();
            let claimed = core::mem::take(&mut self.unclaimed);
            self.stack.refill(claimed.into_iter());
        }
        self.live.push_back(
            self.stack
                .pop()
                .expect("the program keeps within its spans"),
        );
    }

    /// Frees the object that is `age` allocations younger than the oldest.
    fn free(&mut self, age: usize) {
        let slot = self
            .live
            .remove(age)
            .expect("the program frees what it has");
        assert!(self.stack.vector.push(address(slot)));
    }

    fn release_older_half(&mut self) {
        let half = self.stack.vector.len() / 2;
        self.unclaimed.extend(
            self.stack.vector.as_slice()[..half]
                .iter()
                .copied()
                .map(number),
        );
        self.stack.vector.remove_oldest(half);
    }

    /// Objects come and go with periodic lifetimes; at the end the last ones to be freed leave `live` objects.
    ///
    /// It fills the spans, then frees every third object or every second and allocates as many, by turns; what it does
    /// depends on ages alone.
    fn run(&mut self, capacity: usize, live: usize) {
        (0..capacity).for_each(|_| self.malloc());
        for round in 0..5 {
            let period = 2 + round % 2;
            let freed: Vec<_> = (0..capacity).step_by(period).collect();
            freed.iter().rev().for_each(|&age| self.free(age));
            if round == 2 {
                self.release_older_half();
            }
            freed.iter().for_each(|_| self.malloc());
        }
        for turn in 0..capacity - live {
            let age = if turn % 2 == 0 {
                0
            } else {
                self.live.len() - 1
            };
            self.free(age);
        }
    }

    /// The live slots of a span as a bit set.
    fn live_set(&self, span: usize) -> usize {
        let slots = self.live.iter().filter(|&&slot| slot / SLOTS == span);
        slots.fold(0, |set, slot| set | 1 << (slot % SLOTS))
    }
}

/// Pearson's statistic of counts that should all be equal.
fn chi_square(counts: &[u32]) -> f64 {
    let expected = f64::from(counts.iter().sum::<u32>()) / counts.len() as f64;
    counts
        .iter()
        .map(|&seen| (f64::from(seen) - expected).powi(2) / expected)
        .sum()
}

/// The statistic of `trials` refills of eight slots: how often each came to stand at each position.
///
/// The table of a random permutation has fixed row and column sums, and its entries have variance 1/(n − 1) along the
/// (n − 1)² free directions; hence the factor (n − 1)/n, and 49 degrees of freedom.
fn position_statistic(shuffled: bool) -> f64 {
    const N: usize = 8;
    let mut counts = [0_u32; N * N];
    let mut stack = Stack::new(N, 0x5eed, shuffled);
    for _ in 0..8_000 {
        stack.refill(0..N);
        for position in 0..N {
            let slot = stack.pop().expect("eight slots");
            counts[slot * N + position] += 1;
        }
    }
    chi_square(&counts) * (N - 1) as f64 / N as f64
}

/// Upper 0.0001 point of chi-square with 49 degrees of freedom.
const CRITICAL_49: f64 = 94.5;

#[test]
fn a_refill_puts_each_slot_at_each_position_equally_often() {
    let statistic = position_statistic(true);
    assert!(statistic < CRITICAL_49, "{statistic}");
}

#[test]
fn control_without_the_shuffle_positions_are_fixed() {
    let statistic = position_statistic(false);
    assert!(statistic > CRITICAL_49, "{statistic}");
}

/// The statistic of which three of six slots are live after a periodic program: 20 sets, 19 degrees of freedom.
fn live_set_statistic(shuffled: bool) -> f64 {
    let mut counts = [0_u32; 1 << SLOTS];
    for seed in 0..10_000 {
        let mut program = Program::new(1, seed, shuffled);
        program.run(SLOTS, 3);
        counts[program.live_set(0)] += 1;
    }
    let of_three: Vec<_> = (0..counts.len())
        .filter(|set| set.count_ones() == 3)
        .map(|set| counts[set])
        .collect();
    assert_eq!(of_three.iter().sum::<u32>(), 10_000);
    chi_square(&of_three)
}

/// Upper 0.0001 point of chi-square with 19 degrees of freedom.
const CRITICAL_19: f64 = 50.8;

#[test]
fn every_live_set_of_a_span_is_equally_likely_under_periodic_lifetimes() {
    let statistic = live_set_statistic(true);
    assert!(statistic < CRITICAL_19, "{statistic}");
}

#[test]
fn control_without_the_shuffle_live_sets_are_fixed() {
    let statistic = live_set_statistic(false);
    assert!(statistic > CRITICAL_19, "{statistic}");
}

fn choose(n: u32, k: u32) -> f64 {
    (0..k).fold(1.0, |product, i| {
        product * f64::from(n.saturating_sub(i)) / f64::from(i + 1)
    })
}

/// The chance that random sets of `a` and `b` slots of a span do not meet (hypergeometric).
fn disjoint_chance(a: u32, b: u32) -> f64 {
    choose(SLOTS as u32 - a, b) / choose(SLOTS as u32, b)
}

/// How many standard deviations the number of disjoint pairs is away from its expectation, given how many slots of
/// each of the two spans were live in each trial.
fn disjoint_deviation(pairs: impl Iterator<Item = (usize, usize)>) -> f64 {
    let (mut seen, mut expected, mut variance) = (0.0, 0.0, 0.0);
    for (a, b) in pairs {
        let chance = disjoint_chance(a.count_ones(), b.count_ones());
        seen += f64::from(u8::from(a & b == 0));
        expected += chance;
        variance += chance * (1.0 - chance);
    }
    (seen - expected) / f64::max(variance, 1e-9).sqrt()
}

/// Two threads with a span each, which run the same program step by step: the regularity that defeats placement by a
/// fixed rule.
fn two_threads(shuffled: bool) -> f64 {
    disjoint_deviation((0..10_000).map(|trial| {
        let [a, b] = [2 * trial, 2 * trial + 1].map(|seed| {
            let mut program = Program::new(1, seed, shuffled);
            program.run(SLOTS, 3);
            program.live_set(0)
        });
        (a, b)
    }))
}

/// One thread that claims the slots of two spans at once.
fn two_spans(shuffled: bool) -> f64 {
    disjoint_deviation((0..10_000).map(|seed| {
        let mut program = Program::new(2, seed, shuffled);
        program.run(2 * SLOTS, 5);
        (program.live_set(0), program.live_set(1))
    }))
}

/// A normal variable is further away from its mean than this with probability 0.0001.
const CRITICAL_Z: f64 = 3.891;

#[test]
fn two_spans_are_disjoint_as_often_as_random_sets() {
    for (name, deviation) in [("threads", two_threads(true)), ("spans", two_spans(true))] {
        assert!(deviation.abs() < CRITICAL_Z, "{name}: {deviation}");
    }
}

#[test]
fn control_without_the_shuffle_disjointness_is_far_off() {
    for (name, deviation) in [("threads", two_threads(false)), ("spans", two_spans(false))] {
        assert!(deviation.abs() > CRITICAL_Z, "{name}: {deviation}");
    }
}
