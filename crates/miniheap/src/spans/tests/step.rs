//! What may happen to the spans of a class.

use proptest::prelude::*;
use proptest::sample::Index;

use crate::{Geometry, SpanClasses};

#[derive(Clone, Debug)]
pub(super) enum Step {
    Add,
    /// Claim those free slots of a unit that are in the mask.
    Claim {
        unit: Index,
        mask: [u64; 4],
        owner: u32,
    },
    /// Claim a slot of the fullest unit.
    Refill {
        owner: u32,
    },
    /// Release a slot that is in use.
    Release(Index),
    /// Release all slots of a span.
    Drain(Index),
    /// Release a slot whether it is in use or not.
    ReleaseAny {
        span: u32,
        slot: u16,
    },
    /// Mesh two units that fit; no more than `moves` members are moved.
    Mesh {
        pair: Index,
        moves: usize,
    },
    /// Mesh two spans, whatever they are, if they are units that fit.
    MeshAny {
        keep: Index,
        join: Index,
    },
    /// Move one member with objects to a unit that has room for them.
    MoveOut {
        pair: Index,
    },
    /// Deal with a leftover.
    Leftover {
        forget: bool,
    },
    Revive {
        owner: u32,
    },
    Remove(Index),
    /// Pin the unit of a span.
    Pin(Index),
    /// Take one pin out.
    Unpin(Index),
}

pub(super) fn steps() -> impl Strategy<Value = Vec<Step>> {
    let masks = prop_oneof![
        any::<[u64; 4]>(),
        // Sparse ones, which mesh.
        any::<[[u64; 4]; 3]>().prop_map(|[a, b, c]| std::array::from_fn(|i| a[i] & b[i] & c[i])),
    ];
    let moves = prop_oneof![1 => 0..3_usize, 3 => Just(usize::MAX)];
    let step = prop_oneof![
        4 => Just(Step::Add),
        6 => (any::<Index>(), masks, 1..4_u32)
            .prop_map(|(unit, mask, owner)| Step::Claim { unit, mask, owner }),
        2 => (1..4_u32).prop_map(|owner| Step::Refill { owner }),
        8 => any::<Index>().prop_map(Step::Release),
        3 => any::<Index>().prop_map(Step::Drain),
        1 => (0..20_u32, 0..260_u16).prop_map(|(span, slot)| Step::ReleaseAny { span, slot }),
        8 => (any::<Index>(), moves).prop_map(|(pair, moves)| Step::Mesh { pair, moves }),
        1 => (any::<Index>(), any::<Index>()).prop_map(|(keep, join)| Step::MeshAny { keep, join }),
        4 => any::<Index>().prop_map(|pair| Step::MoveOut { pair }),
        2 => any::<bool>().prop_map(|forget| Step::Leftover { forget }),
        1 => (1..4_u32).prop_map(|owner| Step::Revive { owner }),
        1 => any::<Index>().prop_map(Step::Remove),
        1 => any::<Index>().prop_map(Step::Pin),
        1 => any::<Index>().prop_map(Step::Unpin),
    ];
    prop::collection::vec(step, 1..150)
}

/// Classes with more than one slot, with few of them preferred: these fill up, drain and mesh soon.
pub(super) fn geometries() -> impl Strategy<Value = Geometry> {
    let with = |least: u16, most: u16| {
        let fits = move |spans: &Geometry| (least..=most).contains(&spans.slots);
        let fitting = SpanClasses::GEOMETRIES.into_iter().filter(fits);
        prop::sample::select(Vec::from_iter(fitting))
    };
    prop_oneof![3 => with(2, 16), 1 => with(17, 256)]
}
