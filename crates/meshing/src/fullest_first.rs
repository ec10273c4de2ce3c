//! The order in which spans are placed.

use bitmap::SpanBits;

use crate::Candidate;
use crate::candidate::meshable;

/// Writes the indices of all spans that can be meshed to `order`, those with most live slots first
/// and equally full ones as they came, and returns how many these are.
///
/// A counting sort: two passes, no comparison.
pub(crate) fn fullest_first(spans: &[Candidate], slots: usize, order: &mut [u32]) -> usize {
    let mut places = [0u32; SpanBits::BITS];
    for (_, live) in meshable(spans, slots) {
        if let Some(count) = places.get_mut(live) {
            *count += 1;
        }
    }
    let mut total = 0;
    for place in places.iter_mut().rev() {
        let count = *place;
        *place = total;
        total += count;
    }
    for (index, live) in meshable(spans, slots) {
        let Some(next) = places.get_mut(live) else {
            continue;
        };
        if let Some(place) = order.get_mut(*next as usize) {
            *place = index;
        }
        *next += 1;
    }
    total as usize
}
