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

/// How many neighbours are meshed at once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Width {
    /// Runs of so many pages.
    pages: u8,
    /// Runs of more slots are left out.
    most_slots: usize,
    /// Single units that join hosts in blocks.
    onto_hosts: bool,
}

impl Width {
    /// Single units that join hosts in blocks.
    const ONTO_HOSTS: Self = Self {
        pages: 1,
        most_slots: SpanBits::BITS,
        onto_hosts: true,
    };

    /// The width to begin with, in a cycle that is to cost little or in one that is to find as much as it can.
    pub(crate) fn first(mappings: Mappings, thorough: bool) -> Self {
        let most_slots = match mappings {
            Mappings::Plenty if thorough => return Self::ONTO_HOSTS,
            Mappings::Plenty => SLOTS_OF_CHEAP_RUNS,
            Mappings::Scarce | Mappings::Held => SpanBits::BITS,
        };
        Self {
            pages: WIDEST,
            most_slots,
            onto_hosts: false,
        }
    }

    /// Whether these are single units, whatever they join.
    pub(crate) fn is_single(self) -> bool {
        self.is_one_unit() && !self.onto_hosts
    }

    /// Whether these are single units.
    pub(crate) fn is_one_unit(self) -> bool {
        self.pages == 1
    }

    /// Whether these are single units that join hosts in blocks.
    pub(crate) fn is_onto_hosts(self) -> bool {
        self.onto_hosts
    }

    /// The width that comes next.
    pub(crate) fn next(self, mappings: Mappings) -> Option<Self> {
        let narrowest = match mappings {
            Mappings::Held => NARROWEST_HELD,
            Mappings::Plenty | Mappings::Scarce => 1,
        };
        if self.onto_hosts {
            return Some(Self {
                onto_hosts: false,
                ..self
            });
        }
        let pages = self.pages / 2;
        let onto_hosts = pages == 1;
        (self.pages > narrowest).then_some(Self {
            pages,
            onto_hosts,
            ..self
        })
    }

    /// Units of a run; `None` when the class has no runs of this width.
    pub(crate) fn units(self, geometry: &Geometry) -> Option<usize> {
        if self.is_one_unit() {
            return Some(1);
        }
        let units = usize::from(self.pages) / geometry.pages.index();
        let slots = units * usize::from(geometry.slots);
        // A run of one unit is for the last width.
        (units > 1 && slots <= self.most_slots).then_some(units)
    }
}
