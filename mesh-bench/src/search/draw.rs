//! Random spans.

use bitmap::SpanBits;
use meshing::Candidate;
use rand_pcg::Pcg32;
use rand_pcg::rand_core::Rng;

/// So many spans of so many slots. Each slot is live with the chance `mean`, but no span is empty or full: the heap frees
/// the former and leaves the latter alone.
pub(super) fn spans(count: usize, slots: usize, mean: f64, rng: &mut Pcg32) -> Vec<Candidate> {
    (0..count).map(|_| span(slots, mean, rng)).collect()
}

fn span(slots: usize, mean: f64, rng: &mut Pcg32) -> Candidate {
    let mut live = SpanBits::EMPTY;
    for slot in 0..slots {
        if fraction(rng) < mean {
            live.insert(slot);
        }
    }
    let any = (fraction(rng) * slots as f64) as usize;
    if live.is_empty() {
        live.insert(any);
    } else if live.len() == slots {
        live.remove(any);
    }
    Candidate {
        live,
        tag: 0,
        weight: 1,
        is_host: false,
    }
}

/// Uniform in [0, 1).
pub(super) fn fraction(rng: &mut Pcg32) -> f64 {
    f64::from(rng.next_u32()) / (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_is_right_and_no_span_is_empty_or_full() {
        for (slots, mean) in [(2, 0.5), (16, 0.05), (64, 0.3), (256, 0.7)] {
            let spans = spans(4_000, slots, mean, &mut Pcg32::new(1, 0));
            assert!(
                spans
                    .iter()
                    .all(|span| (1..slots).contains(&span.live.len()))
            );
            let live: usize = spans.iter().map(|span| span.live.len()).sum();
            let share = live as f64 / (4_000 * slots) as f64;
            // Of 16 slots at 5%, 44% of the spans would be empty.
            let least_shift = if slots == 16 { 0.44 / 16.0 } else { 0.0 };
            assert!(
                (share - mean - least_shift).abs() < 0.01,
                "{slots}: {share}"
            );
        }
    }
}
