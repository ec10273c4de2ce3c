//! The heap over pages that are a model, with every contract checked and any call refused.

mod kept;
mod large;
mod program;
mod purges;
mod refill_release;
mod refusals;
mod transfers;

use fakepages::FakePages;
use program::{Kept, Shared};

use crate::tuning::{OWNED_BYTES, SPANS_AT_ONCE};
use crate::{CentralHeap, Claims, GlobalHeap, Misuse, Report, Standing};

type Program = program::Program<GlobalHeap<FakePages, Kept>>;

impl Shared for GlobalHeap<FakePages, Kept> {
    fn over(pages: FakePages) -> Self {
        Self::new(pages)
    }

    fn global(&self) -> &Self {
        self
    }

    fn pages_saved(&self) -> usize {
        0
    }

    fn cycle(&self) {}

    fn is_in_cycle(&self) -> bool {
        false
    }

    fn compact(&self) {
        self.give_back_all();
    }
}
