//! How many neighbours are meshed at once.
//!
//! A span that is put onto shared pages is a mapping of its own, unless its neighbours lie on the neighbouring shared pages.
//! So a run of neighbours that is meshed onto another run takes as many mappings as one span, and gives back as many
//! pages as it is long. Long runs fit less often: for the search a run is one span with all their slots. So they are
//! tried first, and their parts afterwards. A run is cheaper, too, for each page that it gives back. Where mappings are not
//! scarce only runs of few slots are worth it: of many slots, what fits as runs would have fitted better span by span.
//!
//! ```text
//!  mappings        widths of a cycle, one after the other for all classes
//!  Plenty          16 pages, 8, 4, 2, those of few slots; single spans onto hosts in blocks; single spans
//!   if thorough    single spans onto hosts in blocks; single spans
//!  Scarce          16 pages, 8, 4, 2, single spans onto hosts in blocks; single spans
//!  Held            16 pages, 8, 4
//! ```
//!
//! Units that are on shared pages already, or between such, take no mapping: they go on joining others when there are no
//! mappings left.

use bitmap::SpanBits;
use miniheap::Geometry;

use crate::tuning::{NARROWEST_HELD, SLOTS_OF_CHEAP_RUNS, WIDEST};

/// How a cycle goes about mappings.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mappings {
    /// There are enough for all meshes that could be.
    Plenty,
    /// There are not.
    Scarce,
    /// There are not, and the program frees so much that what would be meshed now may be gone soon: most are held back.
    Held,
}

/// How many neighbours are meshed at once, and what they join.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Width {
    /// Runs of so many pages, unless they have more slots than this.
    Runs { pages: u8, most_slots: usize },
    /// Single units that join hosts in blocks.
    OntoHosts,
    /// Single units, whatever they join.
    Single,
}

impl Width {
    /// The width to begin with, in a cycle that is to cost little or in one that is to find as much as it can.
    pub(crate) fn first(mappings: Mappings, thorough: bool) -> Self {
        let pages = WIDEST;
        match mappings {
            Mappings::Plenty if thorough => Self::OntoHosts,
            Mappings::Plenty => Self::Runs {
                pages,
                most_slots: SLOTS_OF_CHEAP_RUNS,
            },
            Mappings::Scarce | Mappings::Held => Self::Runs {
                pages,
                most_slots: SpanBits::BITS,
            },
        }
    }

    /// The width that comes next.
    pub(crate) fn next(self, mappings: Mappings) -> Option<Self> {
        match self {
            Self::Runs { pages, .. } if mappings == Mappings::Held && pages <= NARROWEST_HELD => {
                None
            }
            Self::Runs { pages: ..=2, .. } => Some(Self::OntoHosts),
            Self::Runs { pages, most_slots } => Some(Self::Runs {
                pages: pages / 2,
                most_slots,
            }),
            Self::OntoHosts => Some(Self::Single),
            Self::Single => None,
        }
    }

    /// Units of a run; `None` when the class has no runs of this width.
    pub(crate) fn units(self, geometry: &Geometry) -> Option<usize> {
        let Self::Runs { pages, most_slots } = self else {
            return Some(1);
        };
        let units = usize::from(pages) / geometry.pages.index();
        let slots = units * usize::from(geometry.slots);
        // A run of one unit is for the last width.
        (units > 1 && slots <= most_slots).then_some(units)
    }
}
