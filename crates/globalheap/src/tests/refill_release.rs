//! Slots come and go in batches.

use std::collections::BTreeSet;

use heap::{ClassMap, Grain, OwnerId, SizeClass};
use miniheap::SpanClasses;
use proptest::prelude::*;
use proptest::sample::Index;

use super::program::{Kept, Shared, class_of};
use super::{CentralHeap, Misuse, OWNED_BYTES, Program};

const PAGES: u32 = 512;

#[derive(Clone, Debug)]
enum Step {
    Allocate {
        class: SizeClass,
        owner: u32,
        wanted: usize,
    },
    Release(Vec<Index>),
    ThinOut(u32),
    Cycle,
    /// Give an object back that was given back before.
    FreeTwice(Index),
    /// Give back an address inside an object.
    FreeInside(Index, usize),
    /// A refill of another class's object.
    FreeAsOther(Index, SizeClass),
}

fn classes() -> impl Strategy<Value = SizeClass> {
    // Few classes, so that each gets several spans: of 8, 25 and 4 slots, and of one slot.
    prop::sample::select(vec![
        class_of(512),
        class_of(320),
        class_of(1024),
        class_of(4096),
    ])
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => (classes(), 1..4_u32, 1..40_usize)
            .prop_map(|(class, owner, wanted)| Step::Allocate { class, owner, wanted }),
        4 => prop::collection::vec(any::<Index>(), 1..20).prop_map(Step::Release),
        2 => (2..5_u32).prop_map(Step::ThinOut),
        2 => Just(Step::Cycle),
        1 => any::<Index>().prop_map(Step::FreeTwice),
        1 => (any::<Index>(), 1..4096_usize).prop_map(|(nth, offset)| Step::FreeInside(nth, offset)),
        1 => (any::<Index>(), classes()).prop_map(|(nth, class)| Step::FreeAsOther(nth, class)),
    ];
    prop::collection::vec(step, 1..40)
}

fn apply(program: &mut Program, step: &Step) {
    let nth = |program: &Program, index: &Index| {
        (!program.objects.is_empty()).then(|| *index.get(&program.objects))
    };
    match step {
        Step::Allocate {
            class,
            owner,
            wanted,
        } => allocate(program, *class, OwnerId(*owner), *wanted),
        Step::Release(some) => {
            let chosen: BTreeSet<_> = some
                .iter()
                .filter_map(|index| {
                    let count = program.objects.len();
                    (count > 0).then(|| index.index(count))
                })
                .collect();
            let objects: Vec<_> = chosen.into_iter().map(|at| program.objects[at]).collect();
            program.release(&objects);
        }
        Step::ThinOut(share) => program.thin_out(*share),
        Step::Cycle => {
            program.heap.cycle();
        }
        Step::FreeTwice(index) => {
            let Some(object) = nth(program, index) else {
                return;
            };
            program.release(&[object]);
            // SAFETY: not met on purpose: nobody uses the slot, and it is reported.
            unsafe { program.heap.release(object.class, &[object.start]) };
            let reports = Kept::take();
            let address = object.start.addr().get();
            // When it was the last object of its span, no span may be there any more.
            assert!(
                reports == [(Misuse::DoubleFree, address)]
                    || reports == [(Misuse::NotAnObject, address)]
            );
        }
        Step::FreeInside(index, offset) => {
            let Some(object) = nth(program, index) else {
                return;
            };
            let offset = offset % SpanClasses::object_size(object.class);
            if offset > 0 {
                let inside = object.start.map_addr(|at| at.checked_add(offset).unwrap());
                // SAFETY: not met on purpose: it is reported.
                unsafe { program.heap.release(object.class, &[inside]) };
                assert_eq!(Kept::take(), [(Misuse::NotAnObject, inside.addr().get())]);
            }
        }
        Step::FreeAsOther(index, class) => {
            let Some(object) = nth(program, index) else {
                return;
            };
            if object.class != *class {
                // SAFETY: not met on purpose: it is reported.
                unsafe { program.heap.release(*class, &[object.start]) };
                assert_eq!(
                    Kept::take(),
                    [(Misuse::NotAnObject, object.start.addr().get())]
                );
            }
        }
    }
}

/// Allocates, and looks at what a refill promises.
fn allocate(program: &mut Program, class: SizeClass, owner: OwnerId, wanted: usize) {
    let before = program.objects.len();
    let taken = program.allocate(class, owner, wanted);
    let labels = program.heap.labels();
    let is_long = SpanClasses::is_whole(class) && SpanClasses::object_size(class) > OWNED_BYTES;
    let labelled = if is_long { OwnerId::NOBODY } else { owner };
    for object in &program.objects[before..] {
        let page = labels.page_at(object.start.addr().get()).unwrap();
        assert_eq!(labels.label(page).as_small(), Some((class, labelled)));
        assert_eq!(
            program.heap.global().usable_size(object.start),
            Some(SpanClasses::object_size(class))
        );
    }
    assert!(
        taken == wanted
            || program
                .pages()
                .is_full(SpanClasses::geometry(class, Grain::PAGE).pages)
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn every_slot_is_handed_out_once_and_comes_back(steps in steps()) {
        let mut program = Program::new(PAGES);
        for step in &steps {
            apply(&mut program, step);
            program.check();
        }
        program.write_all();
        program.end();
    }
}
