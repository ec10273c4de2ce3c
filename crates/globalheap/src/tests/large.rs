//! Objects on pages of their own.

use fakepages::PAGE;
use heap::OwnerId;
use proptest::prelude::*;
use proptest::sample::Index;

use super::Program;
use super::program::{Kept, class_of};
use crate::{CentralHeap, Misuse};

#[derive(Clone, Debug)]
enum Step {
    Allocate { size: usize, align: usize },
    Resize { nth: Index, size: usize },
    Free(Index),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let size = || prop_oneof![Just(0_usize), 1..10 * PAGE, 30 * PAGE..40 * PAGE];
    let step = prop_oneof![
        3 => (size(), 0..=15_u32).prop_map(|(size, shift)| Step::Allocate { size, align: 1 << shift }),
        4 => (any::<Index>(), size()).prop_map(|(nth, size)| Step::Resize { nth, size }),
        2 => any::<Index>().prop_map(Step::Free),
    ];
    prop::collection::vec(step, 1..60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn content_stays_and_figures_add_up(steps in steps()) {
        let mut program = Program::new(256);
        for step in steps {
            let count = program.large.len();
            match step {
                Step::Allocate { size, align } => {
                    program.allocate_large(size, align);
                }
                Step::Resize { nth, size } if count > 0 => {
                    program.resize_large(nth.index(count), size);
                }
                Step::Free(nth) if count > 0 => program.free_large(nth.index(count)),
                _ => {}
            }
            program.check();
        }
        program.end();
    }
}

#[test]
fn only_the_start_of_a_large_object_can_be_freed_and_only_once() {
    let mut program = Program::new(64);
    assert!(program.allocate_large(3 * PAGE, 1));
    program.allocate(class_of(512), OwnerId(1), 1);
    let start = program.large[0].start;
    let small = program.objects[0].start;
    let inside = [1, PAGE, 2 * PAGE, 3 * PAGE]
        .map(|offset| start.map_addr(|at| at.checked_add(offset).expect("far from the end")));
    for wrong in inside.into_iter().chain([small]) {
        // SAFETY: not met on purpose: it is reported.
        unsafe { program.heap.free_large(wrong) };
        assert_eq!(Kept::take(), [(Misuse::NotAnObject, wrong.addr().get())]);
        // SAFETY: not met on purpose: nothing is resized.
        assert_eq!(unsafe { program.heap.resize_large(wrong, PAGE) }, None);
    }
    program.check();
    program.free_large(0);
    // SAFETY: not met on purpose: it is reported.
    unsafe { program.heap.free_large(start) };
    assert_eq!(Kept::take(), [(Misuse::NotAnObject, start.addr().get())]);
    program.end();
}

#[test]
fn sizes_that_no_arena_has_are_refused() {
    let mut program = Program::new(64);
    for size in [65 * PAGE, 1 << 44, 1 << 45, usize::MAX / 2, usize::MAX] {
        assert!(program.heap.allocate_large(size, 1).is_none(), "{size}");
    }
    assert!(program.heap.allocate_large(1, 1 << 62).is_none());
    program.allocate_large(PAGE, 1);
    let start = program.large[0].start;
    // SAFETY: refused, so the object stays as it is.
    let resized = unsafe { program.heap.resize_large(start, usize::MAX) };
    assert_eq!(resized, None);
    program.check();
    program.end();
}
