//! Spans against the simplest record of what is in use.

use std::collections::BTreeSet;

use heap::{ClassMap, Grain, PageCount};
use proptest::prelude::*;

use super::*;
use crate::SpanClasses;
use crate::leaked::Leaked;

mod agreement;
mod kept;
mod model;
mod pair;
mod step;

use pair::{Pair, bits};
use step::{Step, geometries, steps};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn agrees_with_the_model(geometry in geometries(), steps in steps()) {
        let mut pair = Pair::new(geometry);
        for step in &steps {
            pair.apply(step);
            pair.check();
        }
        pair.end();
    }
}

/// Spans of four slots.
fn quarters() -> Pair {
    let class = SpanClasses::class_of(1024).unwrap();
    let pair = Pair::new(*SpanClasses::geometry(class, Grain::PAGE));
    assert_eq!(pair.spans.geometry().pages, PageCount(1));
    assert_eq!(pair.slots(), 4);
    pair
}

/// Adds a span and claims these slots of it.
fn with_live(pair: &mut Pair, slots: &[u16]) -> u32 {
    pair.apply(&Step::Add);
    let id = *pair.model.spans.keys().last().unwrap();
    pair.claim(id, bits(&slots.iter().copied().collect()), OwnerId(1));
    id
}

#[test]
fn a_slot_freed_twice_is_not_live_and_changes_nothing() {
    let mut pair = quarters();
    let id = with_live(&mut pair, &[0, 2]);
    pair.release_all(id, &BTreeSet::from([1, 2, 3]));
    for slot in [1, 2, 3, 4, 255, 256, u16::MAX] {
        pair.release(id, slot);
    }
    for unknown in [id + 1, u32::MAX] {
        pair.release(unknown, 0);
    }
    pair.check();
    pair.end();
}

#[test]
fn a_leader_without_slots_of_its_own_stays_behind_when_its_group_joins_another() {
    let mut pair = quarters();
    let lone = with_live(&mut pair, &[0]);
    let (leader, member) = (with_live(&mut pair, &[1]), with_live(&mut pair, &[2]));
    pair.mesh(leader, member, usize::MAX);
    pair.release(leader, 1);
    pair.mesh(lone, leader, usize::MAX);
    assert_eq!(pair.model.members(lone), BTreeSet::from([lone, member]));
    assert_eq!(pair.model.dead(), BTreeSet::from([leader]));
    pair.check();
    assert!(pair.leftover(true));
    assert_eq!(pair.spans.spans(), 2);
    pair.end();
}

#[test]
fn without_memory_for_a_record_nothing_changes() {
    let mut pair = quarters();
    pair.memory = Leaked::with_blocks(0);
    assert_eq!(pair.spans.add(&pair.memory, PageIndex(0)), None);
    assert_eq!(pair.spans.reserve_group(&pair.memory), None);
    pair.check();
    pair.memory = Leaked::without_end();
    with_live(&mut pair, &[3]);
    pair.check();
    pair.end();
}
