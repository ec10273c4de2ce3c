//! What was allocated, by chains of calls.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use heapprofile::{Image, Stack};

use super::modules::Modules;
use super::unwind::Unwinder;

/// All chains.
pub(crate) struct Chains(BTreeMap<Place, Counts>);

/// Where something was allocated.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Place {
    /// There was no room for its stack.
    NotKept,
    /// An address within each call instruction, the innermost first, those of the library left out; none if nothing could be found out.
    Chain(Vec<u64>),
}

/// Estimates for all allocations, and how many samples they come from.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) live_samples: u64,
    pub(crate) live_blocks: f64,
    pub(crate) live_bytes: u64,
    pub(crate) samples: u64,
    pub(crate) blocks: f64,
    pub(crate) bytes: u64,
}

impl Chains {
    pub(crate) fn new(image: &Image<'_>, modules: &Modules) -> Self {
        let mut unwinder = Unwinder::new(modules);
        let mut all: BTreeMap<Place, Counts> = BTreeMap::new();
        for stack in image.stacks().filter(|stack| stack.samples() > 0) {
            let place = if stack.instruction() == 0 {
                Place::NotKept
            } else {
                let addresses = unwinder.addresses(&stack).into_iter();
                let outside = addresses.skip_while(|&address| modules.is_of_library(address));
                Place::Chain(outside.collect())
            };
            *all.entry(place).or_default() += Counts::of(&stack);
        }
        Self(all)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Place, &Counts)> {
        self.0.iter()
    }

    /// The sum of all.
    pub(crate) fn total(&self) -> Counts {
        let mut total = Counts::default();
        self.0.values().for_each(|&counts| total += counts);
        total
    }

    /// The addresses of all chains; some of them several times.
    pub(crate) fn addresses(&self) -> impl Iterator<Item = u64> {
        self.0.keys().flat_map(Place::addresses).copied()
    }
}

impl Place {
    pub(crate) fn addresses(&self) -> &[u64] {
        match self {
            Self::NotKept => &[],
            Self::Chain(addresses) => addresses,
        }
    }
}

impl Counts {
    fn of(stack: &Stack<'_>) -> Self {
        Self {
            live_samples: stack.live_samples(),
            live_blocks: stack.live_blocks(),
            live_bytes: stack.live_bytes(),
            samples: stack.samples(),
            blocks: stack.blocks(),
            bytes: stack.bytes(),
        }
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.live_samples += other.live_samples;
        self.live_blocks += other.live_blocks;
        self.live_bytes += other.live_bytes;
        self.samples += other.samples;
        self.blocks += other.blocks;
        self.bytes += other.bytes;
    }
}
