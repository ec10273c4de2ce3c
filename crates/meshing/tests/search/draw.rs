//! Random spans with uniformly random live slots.

use bitmap::SpanBits;
use meshing::Candidate;
use rand_pcg::Pcg32;
use rand_pcg::rand_core::Rng;

/// How the spans' numbers of live slots are drawn. Which slots these are is always uniform.
pub(crate) enum Occupancy {
    /// Each slot is live with this chance.
    Equal(f64),
    /// The share of live slots is uniform between these.
    Spread(f64, f64),
    /// The same number of live slots in all spans.
    Exactly(usize),
}

/// So many spans of so many slots, none of them empty or full.
pub(crate) fn spans(
    count: usize,
    slots: usize,
    occupancy: &Occupancy,
    rng: &mut Pcg32,
) -> Vec<Candidate> {
    (0..count).map(|_| span(slots, occupancy, rng)).collect()
}

fn span(slots: usize, occupancy: &Occupancy, rng: &mut Pcg32) -> Candidate {
    let wanted = match *occupancy {
        Occupancy::Equal(p) => (0..slots).filter(|_| fraction(rng) < p).count(),
        Occupancy::Spread(low, high) => {
            // Rounded up or down by chance, so that the mean is right.
            ((low + (high - low) * fraction(rng)) * slots as f64 + fraction(rng)) as usize
        }
        Occupancy::Exactly(live) => live,
    };
    let mut live = SpanBits::EMPTY;
    while live.len() < wanted.clamp(1, slots - 1) {
        live.insert((fraction(rng) * slots as f64) as usize);
    }
    Candidate {
        live,
        weight: 1,
        tag: 0,
        is_host: false,
    }
}

/// Uniform in [0, 1).
fn fraction(rng: &mut Pcg32) -> f64 {
    f64::from(rng.next_u32()) / (f64::from(u32::MAX) + 1.0)
}
