//! Which slots come to be in use: the chance that two spans mesh, by what the program keeps.
//!
//! Every seed is fixed, so a test gives the same answer each time. Each claim is judged with a statistic whose critical value a
//! correct implementation would pass for all but one in 10,000 choices of seeds.

use core::ptr::NonNull;
use std::collections::{BTreeMap, BTreeSet};

use globalheap::{CentralHeap, Claims, Placement};
use heap::{OwnerId, SizeClass};
use meshing::ComplementMesher;
use rand_pcg::Pcg32;
use rand_pcg::rand_core::SeedableRng;
use shufflevector::shuffle;

use super::Program;
use super::program::class_of;
use crate::{MeshPolicy, Ordered, Permuted};

const OWNER: OwnerId = OwnerId(1);

/// Objects of a class in the order in which a thread would hand them out: `wanted`, all of one span.
fn handed_out(
    heap: &impl CentralHeap,
    class: SizeClass,
    wanted: usize,
    rng: &mut Pcg32,
) -> Vec<NonNull<u8>> {
    let (mut order, mut claims) = (Vec::new(), Claims::NONE);
    while order.len() < wanted {
        let left = wanted - order.len();
        heap.refill(class, OWNER, left..=left, rng, &mut claims);
        claims.drain().for_each(|slots| {
            let shuffled = slots.shuffled();
            let mut slots: Vec<_> = slots.collect();
            if shuffled {
                shuffle(&mut slots, rng);
            }
            order.extend(slots);
        });
    }
    assert_eq!(order.len(), wanted);
    order
}

/// The slots of a span, by the objects in them.
fn set_of(objects: impl Iterator<Item = NonNull<u8>>, size: usize, slots: usize) -> u32 {
    objects.fold(0, |set, object| {
        set | 1 << (object.addr().get() / size % slots)
    })
}

/// What the program keeps of a span, by the order in which it got it.
type Keeps = fn(&mut Pcg32) -> Vec<usize>;

/// Slots of a span in what follows: objects of 256 bytes.
const SLOTS: usize = 16;

fn random(rng: &mut Pcg32) -> Vec<usize> {
    let mut all: Vec<_> = (0..SLOTS).collect();
    shuffle(&mut all, rng);
    all.truncate(4);
    all
}

fn neighbours(_: &mut Pcg32) -> Vec<usize> {
    (0..4).collect()
}

fn every_fourth(_: &mut Pcg32) -> Vec<usize> {
    (0..SLOTS).step_by(4).collect()
}

/// Two of these are at each distance from one another.
fn all_distances(_: &mut Pcg32) -> Vec<usize> {
    vec![0, 1, 2, 5, 8]
}

fn pairs_of<M: MeshPolicy>(keeps: Keeps, pairs: u32) -> u32 {
    let program = Program::<M>::new(64);
    let class = class_of(256);
    let mut rng = Pcg32::seed_from_u64(7);
    let mut disjoint = 0;
    for _ in 0..pairs {
        let sets = [(); 2].map(|()| {
            let objects = handed_out(&*program.heap, class, SLOTS, &mut rng);
            let kept = keeps(&mut rng).into_iter().map(|nth| objects[nth]);
            let set = set_of(kept, 256, SLOTS);
            // SAFETY: claimed above, and used by nobody.
            unsafe { program.heap.release(class, &objects) };
            set
        });
        disjoint += u32::from(sets[0] & sets[1] == 0);
    }
    disjoint
}

/// A normal variable is further away from its mean than this with probability 0.0001.
const CRITICAL_Z: f64 = 3.891;

/// Whether spans are disjoint as often as the chance says.
fn agrees<M: MeshPolicy>(keeps: Keeps, chance: f64) -> bool {
    let pairs = 8_000;
    let seen = f64::from(pairs_of::<M>(keeps, pairs));
    let (expected, variance) = (
        f64::from(pairs) * chance,
        f64::from(pairs) * chance * (1.0 - chance),
    );
    (seen - expected).abs() <= CRITICAL_Z * variance.sqrt()
}

/// C(s − a, b) / C(s, b) for a = b.
fn chance_of_random_sets(kept: usize) -> f64 {
    (0..kept)
        .map(|i| (SLOTS - kept - i) as f64 / (SLOTS - i) as f64)
        .product()
}

/// The share of distances at which a set, moved on, is disjoint from itself.
fn chance_of_rotations(kept: &[usize]) -> f64 {
    let moved = |distance: usize| kept.iter().map(move |slot| (slot + distance) % SLOTS);
    let disjoint = (0..SLOTS).filter(|&distance| moved(distance).all(|slot| !kept.contains(&slot)));
    disjoint.count() as f64 / SLOTS as f64
}

#[test]
fn permuted_spans_are_disjoint_as_random_sets_are() {
    for keeps in [random as Keeps, neighbours, every_fourth, all_distances] {
        let kept = keeps(&mut Pcg32::seed_from_u64(0)).len();
        let chance = chance_of_random_sets(kept);
        assert!(agrees::<Permuted<ComplementMesher>>(keeps, chance));
    }
}

#[test]
fn rotated_spans_are_disjoint_as_the_distances_of_what_is_kept_say() {
    for keeps in [neighbours as Keeps, every_fourth, all_distances] {
        let kept = keeps(&mut Pcg32::seed_from_u64(0));
        let chance = chance_of_rotations(&kept);
        let least = 1.0 - (kept.len() * kept.len()) as f64 / SLOTS as f64;
        assert!(chance >= least);
        assert!(agrees::<ComplementMesher>(keeps, chance), "{kept:?}");
    }
    // Neighbours and what is periodic do better than random sets, and a worst case is there.
    let kept = |keeps: Keeps| keeps(&mut Pcg32::seed_from_u64(0));
    assert!(chance_of_rotations(&kept(neighbours)) > 2.0 * chance_of_random_sets(4));
    assert!(chance_of_rotations(&kept(every_fourth)) > 2.0 * chance_of_random_sets(4));
    assert_eq!(chance_of_rotations(&kept(all_distances)), 0.0);
}

#[test]
fn random_survivors_are_as_good_under_rotation() {
    assert!(agrees::<ComplementMesher>(random, chance_of_random_sets(4)));
}

#[test]
fn control_in_the_order_of_addresses_nothing_is_disjoint() {
    for keeps in [neighbours as Keeps, every_fourth, all_distances] {
        assert_eq!(pairs_of::<Ordered<ComplementMesher>>(keeps, 100), 0);
    }
    assert!(!agrees::<ComplementMesher>(
        every_fourth,
        chance_of_random_sets(4)
    ));
}

/// The slots of a span of eight that are in use after objects came and went by their age alone.
fn after_a_life<M: MeshPolicy>(seed: u64) -> u32 {
    let program = Program::<M>::new(64);
    let (class, size, slots) = (class_of(512), 512, 8);
    let mut rng = Pcg32::seed_from_u64(seed);
    let mut objects = handed_out(&*program.heap, class, slots, &mut rng);
    for round in 0..4 {
        let (kept, gone): (Vec<_>, Vec<_>) = objects
            .iter()
            .enumerate()
            .partition(|(age, _)| age % (2 + round % 2) == 0);
        let gone: Vec<_> = gone.into_iter().map(|(_, &object)| object).collect();
        // SAFETY: handed out, and used by nobody.
        unsafe { program.heap.release(class, &gone) };
        objects = kept.into_iter().map(|(_, &object)| object).collect();
        // Not all that is free: a part is chosen.
        let wanted = gone.len() - round % 2;
        objects.extend(handed_out(&*program.heap, class, wanted, &mut rng));
    }
    set_of(objects.into_iter().step_by(2), size, slots)
}

/// How far the counts of a set's rotations are from equal, over all sets: a number that is normal with variance one.
fn deviation_of_rotations<M: MeshPolicy>() -> f64 {
    let moved = |set: u32| set << 1 & 0xff | set >> 7;
    let orbit = |set: u32| core::iter::successors(Some(set), move |&set| Some(moved(set))).take(8);
    let mut counts = BTreeMap::<u32, u32>::new();
    for seed in 0..4_000 {
        *counts.entry(after_a_life::<M>(seed)).or_default() += 1;
    }
    let orbits: BTreeSet<BTreeSet<_>> = counts.keys().map(|&set| orbit(set).collect()).collect();
    let (mut chi, mut freedom) = (0.0, 0.0);
    for sets in orbits {
        let seen = |set: &u32| f64::from(counts.get(set).copied().unwrap_or(0));
        let expected = sets.iter().map(seen).sum::<f64>() / sets.len() as f64;
        let distances = sets.iter().map(|set| (seen(set) - expected).powi(2));
        chi += distances.sum::<f64>() / expected;
        freedom += sets.len() as f64 - 1.0;
    }
    (chi - freedom) / f64::sqrt(2.0 * freedom)
}

/// Far above what a normal variable of variance one comes to, and far below what an unfair choice does here.
const FAR: f64 = 6.0;

#[test]
fn each_rotation_of_what_is_in_use_is_equally_likely_whatever_came_before() {
    let deviation = deviation_of_rotations::<ComplementMesher>();
    assert!(deviation < FAR, "{deviation}");
}

#[test]
fn control_in_the_order_of_addresses_rotations_are_not_equally_likely() {
    let deviation = deviation_of_rotations::<Ordered<ComplementMesher>>();
    assert!(deviation > FAR, "{deviation}");
}

/// Fills 200 spans and keeps the same of each; what a cycle gives back then, in bytes.
fn meshed_of<M: MeshPolicy>(program: &Program<M>, class: SizeClass, keeps: Keeps) -> usize {
    let mut rng = Pcg32::seed_from_u64(9);
    let mut gone = Vec::new();
    for _ in 0..200 {
        let objects = handed_out(&*program.heap, class, SLOTS, &mut rng);
        let kept = keeps(&mut rng);
        let objects = objects.into_iter().enumerate();
        gone.extend(objects.filter(|(nth, _)| !kept.contains(nth)));
    }
    let gone: Vec<_> = gone.into_iter().map(|(_, object)| object).collect();
    // SAFETY: handed out, and used by nobody.
    unsafe { program.heap.release(class, &gone) };
    program.heap.mesh_cycle()
}

#[test]
fn a_class_in_which_rotations_never_mesh_goes_over_to_permutations() {
    let program = Program::<ComplementMesher>::new(1024);
    let (worst, best) = (class_of(256), class_of(128));
    assert_ne!(worst, best);
    assert_eq!(meshed_of(&program, worst, all_distances), 0);
    assert_eq!(program.heap.placement(worst), Placement::Permuted);
    assert_eq!(program.heap.placement(best), Placement::Rotated);
    let released = meshed_of(&program, worst, all_distances);
    assert!(released > 20 << 12, "{released}");
}

#[test]
fn a_class_that_meshes_goes_on_being_rotated() {
    for keeps in [random as Keeps, neighbours, every_fourth] {
        let program = Program::<ComplementMesher>::new(1024);
        let class = class_of(256);
        for _ in 0..3 {
            assert!(meshed_of(&program, class, keeps) > 50 << 12);
        }
        assert_eq!(program.heap.placement(class), Placement::Rotated);
    }
}
