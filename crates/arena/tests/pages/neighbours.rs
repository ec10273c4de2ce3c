//! Objects stay what they are, wherever their spans are put.

use arena::Arena;
use heap::Remapping;
use proptest::prelude::*;

use crate::bytes::{Owned, PAGE};
use crate::confined::Confined;
use crate::spans::{SMALL, put, span};

const SPANS: usize = 10;
const OBJECT: usize = 64;

#[derive(Clone, Debug)]
enum Step {
    /// Put a span onto the shared pages of another, or its own.
    Put { span: usize, home: usize },
    /// Put it back onto pages of its own.
    MakePrivate(usize),
}

/// Neighbouring spans of two pages, each with one object, all at different offsets.
struct Neighbours {
    arena: Arena<Confined>,
    spans: Vec<Owned>,
    /// The span whose shared pages each is on.
    homes: [Option<usize>; SPANS],
    written: u8,
    contents: [u8; SPANS],
}

impl Neighbours {
    fn new() -> Self {
        let arena = Arena::new(Confined::to(SMALL));
        let spans: Vec<_> = (0..SPANS).map(|_| span(&arena, 2)).collect();
        let mut neighbours = Self {
            arena,
            spans,
            homes: [None; SPANS],
            written: 0,
            contents: [0; SPANS],
        };
        neighbours.write_all();
        neighbours
    }

    /// Where the object of a span is: some on the first page, some on the second, some across.
    fn offset(span: usize) -> usize {
        PAGE - SPANS / 2 * OBJECT + OBJECT / 2 + span * OBJECT
    }

    fn write_all(&mut self) {
        for span in 0..SPANS {
            self.written = self.written.wrapping_add(1);
            self.contents[span] = self.written;
            self.spans[span].write(Self::offset(span), &[self.written; OBJECT]);
        }
    }

    fn apply(&mut self, step: &Step) {
        match *step {
            Step::Put { span, home } => {
                let (owned, onto) = (self.spans[span], self.spans[home].run);
                if self.homes[span] != Some(home) {
                    assert!(put(&self.arena, &owned, onto, Self::offset(span), OBJECT));
                    self.homes[span] = Some(home);
                }
            }
            Step::MakePrivate(span) => {
                if let Some(home) = self.homes[span].take() {
                    let (owned, onto) = (self.spans[span], self.spans[home].run.first);
                    // SAFETY: nobody else uses the span.
                    unsafe { self.arena.make_private(owned.run, onto) }.unwrap();
                }
            }
        }
    }

    fn check(&self) {
        for (number, span) in self.spans.iter().enumerate() {
            for (other, &content) in self.contents.iter().enumerate() {
                let together =
                    self.homes[number].is_some() && self.homes[number] == self.homes[other];
                if number == other || together {
                    let found = &span.bytes()[Self::offset(other)..][..OBJECT];
                    assert_eq!(
                        found, [content; OBJECT],
                        "the object of {other} seen at {number}"
                    );
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn objects_stay_what_they_are_wherever_their_span_is_put(
        steps in prop::collection::vec(
            prop_oneof![
                3 => (0..SPANS, 0..SPANS).prop_map(|(span, home)| Step::Put { span, home }),
                1 => (0..SPANS).prop_map(Step::MakePrivate),
            ],
            1..60,
        )
    ) {
        let mut neighbours = Neighbours::new();
        for step in &steps {
            neighbours.apply(step);
            neighbours.check();
            neighbours.write_all();
            neighbours.check();
        }
        for span in 0..SPANS {
            neighbours.apply(&Step::MakePrivate(span));
        }
        neighbours.check();
        // The window is all that is left.
        prop_assert!(neighbours.arena.stats().mappings <= 1);
    }
}
