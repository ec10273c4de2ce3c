//! Whatever front ends do: each slot is with the program, at hand in one front end, or free.

use std::alloc::Layout;

use heap::{ClassMap, SizeClass};
use miniheap::SpanClasses;
use proptest::prelude::*;
use proptest::sample::Index;

use crate::program::{Attached, Object, Shared, heap};

const FRONTS: usize = 3;

#[derive(Clone, Debug)]
enum Step {
    Allocate {
        front: usize,
        size: usize,
        align: usize,
        count: usize,
    },
    /// Free an object through any front end, whoever got it.
    Free {
        front: usize,
        nth: Index,
    },
    /// Free most objects, each through a front end of its own choice.
    FreeMost(u32),
    Flush(usize),
    /// Give a front end back, and take one again.
    Renew(usize),
    /// Mesh what is sparse; what is at hand in a front end looks like an object in use, and may be flushed before.
    Cycle {
        flush: bool,
    },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let size = prop_oneof![
        // Some sizes come often, so that their spans become many.
        12 => prop::sample::select(vec![100, 256, 512]),
        4 => 1..=1024_usize,
        2 => 1025..=4096_usize,
        1 => 4097..=100_000_usize,
    ];
    let front = || 0..FRONTS;
    let step = prop_oneof![
        8 => (front(), size, 0..=12_u32, 1..100_usize).prop_map(|(front, size, shift, count)| {
            let align = if shift > 8 { 1 << (shift - 4) } else { 1 };
            let count = if size > 4096 { 1 } else { count };
            Step::Allocate { front, size, align, count }
        }),
        6 => (front(), any::<Index>()).prop_map(|(front, nth)| Step::Free { front, nth }),
        3 => any::<u32>().prop_map(Step::FreeMost),
        2 => front().prop_map(Step::Flush),
        1 => front().prop_map(Step::Renew),
        3 => any::<bool>().prop_map(|flush| Step::Cycle { flush }),
    ];
    prop::collection::vec(step, 1..50)
}

struct Program<'h> {
    heap: &'h Shared,
    fronts: Vec<Attached<'h>>,
    objects: Vec<Object>,
    written: u8,
}

impl<'h> Program<'h> {
    fn new(heap: &'h Shared) -> Self {
        // SAFETY: there is one thread, and it writes to no object while a cycle runs.
        unsafe { heap.global().enable_meshing() };
        Self {
            heap,
            fronts: (0..FRONTS).map(|_| Attached::to(heap)).collect(),
            objects: Vec::new(),
            written: 0,
        }
    }

    fn apply(&mut self, step: &Step) {
        match *step {
            Step::Allocate {
                front,
                size,
                align,
                count,
            } => {
                let layout = Layout::from_size_align(size, align).expect("a plain layout");
                for _ in 0..count {
                    let mut object = self.fronts[front]
                        .allocate(layout)
                        .expect("there is memory");
                    assert!(object.start.addr().get().is_multiple_of(align.max(16)));
                    self.written = self.written % 255 + 1;
                    object.fill(self.written);
                    self.objects.push(object);
                }
            }
            Step::Free { front, nth } => {
                if !self.objects.is_empty() {
                    let object = self.objects.swap_remove(nth.index(self.objects.len()));
                    self.fronts[front].free(object);
                }
            }
            Step::FreeMost(seed) => {
                let chosen = |nth: usize| (nth as u32 ^ seed).wrapping_mul(0x9e37_79b9) >> 16;
                let (mut kept, mut freed) = (Vec::new(), Vec::new());
                for (nth, object) in self.objects.drain(..).enumerate() {
                    if chosen(nth).is_multiple_of(5) {
                        kept.push(object)
                    } else {
                        freed.push(object)
                    }
                }
                for (nth, object) in freed.into_iter().enumerate() {
                    self.fronts[chosen(nth) as usize % FRONTS].free(object);
                }
                self.objects = kept;
            }
            Step::Flush(front) => {
                self.fronts[front].front().flush();
                assert_eq!(self.fronts[front].kept_bytes(), 0);
            }
            Step::Renew(front) => {
                drop(self.fronts.swap_remove(front));
                self.fronts.push(Attached::to(self.heap));
            }
            Step::Cycle { flush } => {
                if flush {
                    self.fronts
                        .iter_mut()
                        .for_each(|front| front.front().flush());
                }
                self.heap.global().mesh_cycle();
            }
        }
    }

    /// Slots in use are the program's objects, those at hand in the front ends, and those that pass between them.
    fn check(&self) {
        self.objects.iter().for_each(Object::verify);
        let stats = self.heap.global().stats();
        let at_hand: usize = self.fronts.iter().map(Attached::kept_bytes).sum();
        let at_hand = at_hand + self.heap.global().below().waiting_bytes();
        let small = |object: &&Object| object.rounded() <= SpanClasses::LARGEST;
        let (small, large): (Vec<_>, Vec<_>) = self.objects.iter().partition(small);
        let bytes =
            |objects: &[&Object]| objects.iter().map(|object| object.rounded()).sum::<usize>();
        assert_eq!(stats.small_bytes, bytes(&small) + at_hand);
        assert_eq!(
            (stats.large_bytes, stats.large_count),
            (bytes(&large), large.len())
        );
    }

    fn check_classes(&self) {
        // What passes between front ends goes home.
        self.heap.global().below().purge();
        for class in (0..SpanClasses::COUNT as u8).map(SizeClass) {
            let size = SpanClasses::object_size(class);
            let live = self
                .objects
                .iter()
                .filter(|object| object.rounded() == size)
                .count();
            assert_eq!(
                self.heap.global().class_stats(class).live,
                live,
                "objects of {size} bytes"
            );
        }
    }

    fn end(mut self) {
        // After a flush all slots are back but those of objects in use.
        self.fronts
            .iter_mut()
            .for_each(|front| front.front().flush());
        self.check();
        self.check_classes();
        while let Some(object) = self.objects.pop() {
            self.fronts[0].free(object);
        }
        self.fronts.clear();
        self.check_classes();
        // Dissolves what is on shared pages.
        self.heap.global().mesh_cycle();
        assert!(self.heap.global().classes().all(|class| class.spans == 0));
        let stats = self.heap.stats();
        assert_eq!((stats.attached, stats.made), (0, FRONTS));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_slot_is_lost_and_none_is_in_two_places(steps in steps()) {
        let heap = heap();
        let mut program = Program::new(&heap);
        for step in &steps {
            program.apply(step);
            program.check();
        }
        program.end();
    }
}

#[test]
fn sparse_spans_are_meshed_below_the_front_ends() {
    let heap = heap();
    let mut program = Program::new(&heap);
    for front in 0..FRONTS {
        program.apply(&Step::Allocate {
            front,
            size: 256,
            align: 1,
            count: 300,
        });
    }
    program.apply(&Step::FreeMost(12345));
    program.apply(&Step::Cycle { flush: true });
    assert!(heap.global().mesh_stats().meshes > 10);
    program.check();
    program.apply(&Step::Allocate {
        front: 1,
        size: 256,
        align: 1,
        count: 200,
    });
    program.check();
    program.end();
}
