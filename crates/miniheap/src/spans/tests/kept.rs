//! Spans that were emptied, and stay with their class.

use super::*;

const OWNER: OwnerId = OwnerId(1);

fn slots(of: &[u16]) -> SlotSet {
    bits(&of.iter().copied().collect()).into()
}

/// Spans of four slots, and one of them at `page` with its first slot in use.
fn one_at(spans: &mut Spans, memory: &Leaked, page: usize) -> SpanId {
    let id = spans.add(memory, PageIndex(page)).unwrap();
    spans.claim(id, &slots(&[0]), OWNER);
    id
}

fn class() -> Spans {
    let class = SpanClasses::class_of(1024).unwrap();
    Spans::new(*SpanClasses::geometry(class, Grain::PAGE))
}

fn empty(spans: &mut Spans, id: SpanId) {
    assert!(spans.release(id, &slots(&[0])).emptied);
}

#[test]
fn as_many_as_are_permitted_stay_and_come_back_as_they_were() {
    let (mut spans, memory) = (class(), Leaked::without_end());
    let ids = [10, 20, 30].map(|page| one_at(&mut spans, &memory, page));
    for (id, stays) in ids.into_iter().zip([true, true, false]) {
        empty(&mut spans, id);
        assert_eq!(spans.keep(id, 2), stays);
    }
    assert_eq!(spans.remove(ids[2]).unwrap().first, PageIndex(30));
    assert_eq!((spans.spans(), spans.physical_spans()), (0, 0));
    assert!(ids.iter().all(|&id| spans.get(id).is_none()));
    assert_eq!(spans.check(), Ok(()));

    assert_eq!(spans.take_kept(), Some(ids[1]), "the newest first");
    assert_eq!(spans.run(ids[1]).unwrap().first, PageIndex(20));
    assert_eq!(spans.free_slots(ids[1]).len(), 4);
    spans.claim(ids[1], &slots(&[3]), OWNER);
    assert_eq!((spans.spans(), spans.live()), (1, 1));
    assert_eq!(spans.check(), Ok(()));

    assert_eq!(spans.give_up_kept().unwrap().first, PageIndex(10));
    assert!(spans.kept() == 0 && spans.give_up_kept().is_none() && spans.take_kept().is_none());
    assert_eq!(
        spans.add(&memory, PageIndex(40)),
        Some(ids[0]),
        "its record is free"
    );
    assert_eq!(spans.check(), Ok(()));
}

#[test]
fn what_is_in_use_pinned_or_in_a_group_is_not_kept() {
    let (mut spans, memory) = (class(), Leaked::without_end());
    let id = one_at(&mut spans, &memory, 10);
    assert!(!spans.keep(id, 9), "it has an object");
    assert!(spans.pin(id));
    empty(&mut spans, id);
    assert!(!spans.keep(id, 9), "it is pinned");
    assert!(spans.remove(id).is_some());
    assert!(
        !spans.keep(id, 9) && !spans.keep(SpanId(7), 9),
        "there is none"
    );
    assert_eq!(spans.check(), Ok(()));
}
