//! What no search can beat.

use bitmap::SpanBits;
use meshing::Candidate;
use std::cmp::Reverse;

/// Pages that can be released at most, by the better of two bounds on those that stay:
///
/// * all live slots need ⌈live slots / slots⌉ of them;
/// * spans of which each two have a slot in common need one each. Such a family is found greedily, the fullest spans first,
///   and by how few others a span is disjoint from: any family is a proof.
pub(super) fn releasable(spans: &[Candidate], slots: usize) -> usize {
    let live: usize = spans.iter().map(|span| span.live.len()).sum();
    let fullest = family(spans, |span| Reverse(spans[span].live.len()));
    let partners: Vec<_> = spans.iter().map(|span| partners(spans, span)).collect();
    let loneliest = family(spans, |span| partners[span]);
    spans.len() - live.div_ceil(slots).max(fullest).max(loneliest)
}

/// Spans that are disjoint from this one.
fn partners(spans: &[Candidate], span: &Candidate) -> usize {
    let others = spans.iter();
    others
        .filter(|other| span.live.is_disjoint(&other.live))
        .count()
}

/// The size of a family of spans of which no two are disjoint, those with the smallest keys first.
fn family<K: Ord>(spans: &[Candidate], key: impl Fn(usize) -> K) -> usize {
    let mut order: Vec<_> = (0..spans.len()).collect();
    order.sort_by_key(|&span| key(span));
    let mut members: Vec<SpanBits> = Vec::new();
    for span in order {
        let live = spans[span].live;
        if members.iter().all(|member| !member.is_disjoint(&live)) {
            members.push(live);
        }
    }
    members.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(words: &[u64]) -> Vec<Candidate> {
        let span = |&word: &u64| Candidate {
            live: SpanBits::from_words([word, 0, 0, 0]),
            tag: 0,
            weight: 1,
            is_host: false,
        };
        words.iter().map(span).collect()
    }

    #[test]
    fn live_slots_need_room() {
        assert_eq!(releasable(&spans(&[0b0001, 0b0010, 0b0100, 0b1000]), 4), 3);
        assert_eq!(releasable(&spans(&[0b0001, 0b0010, 0b0100, 0b1001]), 4), 2);
    }

    #[test]
    fn spans_that_overlap_need_a_page_each() {
        assert_eq!(releasable(&spans(&[1, 1, 1, 2]), 64), 1);
        assert_eq!(releasable(&spans(&[0b011, 0b101, 0b110]), 64), 0);
    }
}
