//! Pictures of all spans, against the figures of their class.

use std::collections::HashMap;

use bitmap::SpanBits;
use heap::{OwnerId, SizeClass, SpanId};
use meshing::ComplementMesher;
use miniheap::{Place, Portrait};

use super::Program;
use super::program::class_of;

fn all(program: &Program, class: SizeClass) -> Vec<Portrait> {
    let mut seen = Vec::new();
    let mut from = Some(SpanId(0));
    while let Some(start) = from {
        let some = program.heap.below().portraits(class, start);
        seen.extend(some.spans.into_iter().flatten());
        from = some.next;
    }
    seen
}

/// The slots that each group has in use, with the number of its spans; no slot is in use twice.
fn groups(spans: &[Portrait]) -> HashMap<u32, (SpanBits, usize)> {
    let mut groups = HashMap::new();
    for span in spans {
        if let Place::InGroup(leader) = span.place {
            let (union, members) = groups.entry(leader.0).or_insert((SpanBits::EMPTY, 0));
            assert!(union.is_disjoint(&span.live), "{span:?}");
            *union = union.union(&span.live);
            *members += 1;
        }
    }
    groups
}

#[test]
fn every_span_is_seen_once_before_and_after_a_mesh() {
    let class = class_of(256);
    let mut program = Program::<ComplementMesher>::new(1024);
    for _ in 0..40 {
        assert!(program.allocate(class, OwnerId(1), 48) > 0);
    }
    program.thin_out(5);
    for meshed in [false, true] {
        if meshed {
            assert!(program.heap.mesh_cycle() > 0);
        }
        let spans = all(&program, class);
        let stats = program.heap.class_stats(class);
        assert!(
            spans.len() > globalheap::PORTRAITS,
            "one batch has them all"
        );
        assert!(spans.is_sorted_by(|a, b| a.id.0 < b.id.0));
        assert_eq!(spans.len(), stats.spans);
        let live: usize = spans.iter().map(|span| span.live.len()).sum();
        assert_eq!(live, stats.live);
        let groups = groups(&spans);
        assert_eq!(!groups.is_empty(), meshed);
        assert_eq!(groups.len(), stats.groups);
        assert!(groups.values().all(|&(_, members)| members > 1));
        let alone = spans.iter().filter(|span| span.place == Place::Alone);
        assert_eq!(alone.count() + groups.len(), stats.physical_spans);
    }
}

#[test]
fn a_class_without_spans_has_no_picture() {
    let program = Program::<ComplementMesher>::new(64);
    let some = program.heap.below().portraits(class_of(64), SpanId(0));
    assert!(some.spans.iter().all(Option::is_none));
    assert_eq!(some.next, None);
}
