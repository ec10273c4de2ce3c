//! An adversary after Robson, "Bounds for Some Functions Concerning Dynamic Storage Allocation" (JACM 1974): never more
//! than M bytes live, in objects from 16 bytes to 128 KiB, and yet as much memory taken as can be.
//!
//! In each step objects are twice as large as before. First it chooses an offset, frees every object that does not lie
//! over a multiple of the new size plus this offset, and then fills up to M with objects of the new size: none of
//! them fits between two that stayed. An allocator that never moves anything can be driven to M · log₂ n for sizes that
//! differ n-fold; the paper puts this at 13 times for these sizes (section 1).
//!
//! Either it sees the addresses, as Robson's does: then what stays lies at the same offset in every page, and meshes
//! with nothing. Or it sees the order only, and takes addresses for consecutive; against this one random placement helps.

use super::experiment::{Bench, Body, Bound, Experiment, Work, own};
use super::marks::{Mark, say, say_end};
use crate::objects::Objects;
use crate::site::Scale;
use anyhow::{Context, Result};
use std::time::Duration;

/// The adversary that sees addresses.
pub(crate) const ADDRESSES: Experiment = Experiment {
    name: "robson-addresses",
    group: "robson",
    about: "Robson's adversary, 16 bytes to 128 KiB, 32 MiB live, sees addresses",
    needs: &[],
    prepare: |bench: Bench<'_>| -> Result<Body<'_>> { own(bench, Work::RobsonAddresses) },
    variants: &[],
    targets: &[],
    bound: Some(BOUND),
};

/// The one that does not.
pub(crate) const ORDER: Experiment = Experiment {
    name: "robson-order",
    group: "robson",
    about: "Robson's adversary, 16 bytes to 128 KiB, 32 MiB live, sees the order only",
    needs: &[],
    prepare: |bench: Bench<'_>| -> Result<Body<'_>> { own(bench, Work::RobsonOrder) },
    variants: &[],
    targets: &[],
    bound: Some(BOUND),
};

const BOUND: Bound = Bound {
    name: "M log₂ n",
    bytes: |scale| budget(scale) as f64 * f64::from((LARGEST / SMALLEST).ilog2()),
};

/// What the adversary knows of an object's place.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Sight {
    /// Its address.
    Addresses,
    /// When it was allocated.
    Order,
}

const SMALLEST: usize = 16;
const LARGEST: usize = 128 << 10;
/// After each step, for the allocator to do what it can.
const REST: Duration = Duration::from_millis(200);

/// The bytes that are live at most.
fn budget(scale: Scale) -> u64 {
    scale.of(32 << 20)
}

/// Does it.
pub(crate) fn work(scale: Scale, sight: Sight) -> Result<()> {
    let budget = budget(scale) as usize;
    let mut adversary = Adversary::new(budget, sight)?;
    say(Mark::Baseline)?;
    let mut size = SMALLEST;
    while size <= LARGEST {
        adversary.thin_out(size);
        say(Mark::Live(adversary.live as u64))?;
        adversary.fill(size, budget);
        say(Mark::Live(adversary.live as u64))?;
        std::thread::sleep(REST);
        size *= 2;
    }
    say_end()
}

/// One live object.
#[derive(Clone, Copy)]
struct Object {
    index: usize,
    size: usize,
    /// Where it lies, as far as the adversary knows.
    place: usize,
}

struct Adversary {
    sight: Sight,
    /// The objects by number, in a table outside the heap.
    objects: Objects,
    /// Those that are live; has its full capacity before the baseline.
    known: Vec<Object>,
    allocated: usize,
    /// Where the next object would lie if all lay one behind the other.
    end: usize,
    offset: usize,
    live: usize,
}

impl Adversary {
    fn new(budget: usize, sight: Sight) -> Result<Self> {
        let most = budget / SMALLEST;
        // Filled, so that its pages are there before the baseline.
        let nothing = Object {
            index: usize::MAX,
            size: usize::MAX,
            place: usize::MAX,
        };
        let mut known = vec![nothing; most];
        known.clear();
        Ok(Self {
            sight,
            // All of the first step, and at most as many again in all that follow.
            objects: Objects::new(most * 2).context("the table of objects")?,
            known,
            allocated: 0,
            end: 0,
            offset: 0,
            live: 0,
        })
    }

    /// Frees all but the objects that lie over a multiple of `size` plus an offset: the one of the two that continue the
    /// last one for which more would be left unusable.
    fn thin_out(&mut self, size: usize) {
        let other = (self.offset + size / 2) % size;
        if self.spoilt(size, other) > self.spoilt(size, self.offset) {
            self.offset = other;
        }
        let offset = self.offset;
        let (objects, live) = (&mut self.objects, &mut self.live);
        self.known.retain(|object| {
            let stays = object.lies_over(size, offset);
            if !stays {
                objects.free(object.index);
                *live -= object.size;
            }
            stays
        });
    }

    /// The bytes that no object of `size` could use, besides those of the objects that stay.
    fn spoilt(&self, size: usize, offset: usize) -> usize {
        let stay = self.known.iter().filter(|one| one.lies_over(size, offset));
        stay.map(|one| size - one.size).sum()
    }

    fn fill(&mut self, size: usize, budget: usize) {
        while self.live + size <= budget {
            let index = self.allocated;
            self.objects.allocate(index, size);
            let place = match self.sight {
                Sight::Addresses => self.objects.address(index).unwrap_or(0),
                Sight::Order => self.end,
            };
            self.known.push(Object { index, size, place });
            self.allocated += 1;
            self.end += size;
            self.live += size;
        }
    }
}

impl Object {
    fn lies_over(&self, size: usize, offset: usize) -> bool {
        let ahead = (offset + size - self.place % size) % size;
        ahead < self.size
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn as_much_is_spoilt_in_each_step_as_is_allocated_anew() {
        let budget = 1 << 16;
        let mut adversary = Adversary::new(budget, Sight::Order).unwrap();
        let mut size = SMALLEST;
        while size <= 1 << 12 {
            adversary.thin_out(size);
            // One object in each place of the new size; of those of the last step every second.
            let places = adversary.end / size;
            assert!(adversary.known.len() <= places, "{size}");
            adversary.fill(size, budget);
            assert!(adversary.live <= budget && budget - adversary.live < size);
            size *= 2;
        }
        // The first step takes M, each of the eight others about half of it.
        assert!(adversary.end > 4 * budget, "{}", adversary.end);
        for object in &adversary.known {
            adversary.objects.free(object.index);
        }
    }

    #[test]
    fn all_that_is_ever_allocated_has_a_place_in_the_table() {
        // Half of M in each step after the first, in objects of twice the size: M / 16 · (1/4 + 1/8 + …).
        let mut adversary = Adversary::new(1 << 18, Sight::Addresses).unwrap();
        let mut size = SMALLEST;
        while size <= LARGEST {
            adversary.thin_out(size);
            adversary.fill(size, 1 << 18);
            size *= 2;
        }
        assert!(adversary.allocated <= 2 * (1 << 18) / SMALLEST);
        for object in &adversary.known {
            adversary.objects.free(object.index);
        }
    }

    #[test]
    fn the_bound_for_these_sizes_is_thirteen_times_what_is_live() {
        assert_eq!((BOUND.bytes)(Scale::Full), 13.0 * f64::from(32 << 20));
    }

    proptest! {
        #[test]
        fn an_object_lies_over_a_place_when_one_of_its_bytes_does(
            place in 0usize..10_000,
            small in 4u32..10,
            large in 4u32..12,
            offset in 0usize..4096,
        ) {
            let (object, size) = (1usize << small, 1usize << large);
            let offset = offset % size;
            let expected = (place..place + object).any(|byte| byte % size == offset);
            let object = Object { index: 0, size: object, place };
            prop_assert_eq!(object.lies_over(size, offset), expected);
        }
    }
}
