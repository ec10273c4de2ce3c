//! Random right and wrong calls, beside a list of what must be reported.

use std::alloc::Layout;
use std::ptr::NonNull;

use heap::Heap;
use kit::{Checked, Violation};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::{checked, flip, note, seen};
use crate::layouts::up_to;
use crate::region::{Source, source};

/// What a program does with a block.
#[derive(Clone, Debug)]
enum Deed {
    Allocate(Layout),
    Return(Index),
    ReturnAgain(Index),
    ReturnAs(Index, Layout),
    OverrunAndReturn(Index, usize),
    UnderrunAndReturn(Index, isize),
    WriteToReturned(Index, Index),
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        6 => up_to(300).prop_map(Deed::Allocate),
        4 => any::<Index>().prop_map(Deed::Return),
        1 => any::<Index>().prop_map(Deed::ReturnAgain),
        1 => (any::<Index>(), up_to(300)).prop_map(|(nth, layout)| Deed::ReturnAs(nth, layout)),
        1 => (any::<Index>(), 0..16_usize).prop_map(|(nth, by)| Deed::OverrunAndReturn(nth, by)),
        1 => (any::<Index>(), 1..=24_isize).prop_map(|(nth, by)| Deed::UnderrunAndReturn(nth, by)),
        1 => (any::<Index>(), any::<Index>()).prop_map(|(nth, at)| Deed::WriteToReturned(nth, at)),
    ]
}

/// A program beside what is known of its blocks, and what must be reported.
struct Watched<'a> {
    heap: Checked<&'a Source, 4>,
    live: Vec<(NonNull<u8>, Layout)>,
    /// Those in quarantine, oldest first, with the first byte that was written since.
    returned: Vec<(NonNull<u8>, Layout, Option<usize>)>,
    expected: Vec<Violation>,
    /// Blocks that stay out, since their header is damaged.
    lost: usize,
}

impl Watched<'_> {
    fn take(&mut self, nth: &Index) -> Option<(NonNull<u8>, Layout)> {
        (!self.live.is_empty()).then(|| self.live.swap_remove(nth.index(self.live.len())))
    }

    fn give_back(&mut self, block: NonNull<u8>, layout: Layout, given: Layout) {
        // SAFETY: live, and not used again but in ways that `Checked` allows.
        unsafe { self.heap.deallocate(block, given) };
        self.returned.push((block, layout, None));
        if self.returned.len() > 4 {
            let (block, _, written) = self.returned.remove(0);
            self.expected.extend(written_after_free(block, written));
        }
    }

    fn apply(&mut self, deed: Deed) {
        match deed {
            Deed::Allocate(layout) => {
                let block = self.heap.allocate(layout).expect("room");
                self.live.push((block, layout));
            }
            Deed::Return(nth) => {
                if let Some((block, layout)) = self.take(&nth) {
                    self.give_back(block, layout, layout);
                }
            }
            Deed::ReturnAgain(nth) if !self.returned.is_empty() => {
                let (block, layout, _) = self.returned[nth.index(self.returned.len())];
                // SAFETY: in quarantine, and `Checked` allows that.
                unsafe { self.heap.deallocate(block, layout) };
                let block = block.addr().get();
                self.expected.push(Violation::DoubleFree { block });
            }
            Deed::ReturnAs(nth, given) => {
                if let Some((block, allocated)) = self.take(&nth) {
                    if given != allocated {
                        let block = block.addr().get();
                        self.expected.push(Violation::WrongLayout {
                            block,
                            allocated,
                            given,
                        });
                    }
                    self.give_back(block, allocated, given);
                }
            }
            Deed::OverrunAndReturn(nth, by) => {
                if let Some((block, layout)) = self.take(&nth) {
                    let offset = layout.size() + by;
                    flip(block, offset as isize);
                    let address = block.addr().get();
                    self.expected.push(Violation::WrittenBehind {
                        block: address,
                        offset,
                    });
                    self.give_back(block, layout, layout);
                }
            }
            Deed::UnderrunAndReturn(nth, by) => {
                if let Some((block, layout)) = self.take(&nth) {
                    flip(block, -by);
                    // SAFETY: live, and not used again but in ways that `Checked` allows.
                    unsafe { self.heap.deallocate(block, layout) };
                    let block = block.addr().get();
                    self.expected.push(Violation::WrittenInFront { block });
                    self.lost += 1;
                }
            }
            Deed::WriteToReturned(nth, at) if !self.returned.is_empty() => {
                let nth = nth.index(self.returned.len());
                let (block, layout, written) = &mut self.returned[nth];
                if written.is_none() && layout.size() > 0 {
                    let at = at.index(layout.size());
                    flip(*block, at as isize);
                    *written = Some(at);
                }
            }
            Deed::ReturnAgain(_) | Deed::WriteToReturned(..) => {}
        }
    }
}

fn written_after_free(block: NonNull<u8>, written: Option<usize>) -> Option<Violation> {
    let block = block.addr().get();
    written.map(|offset| Violation::WrittenAfterFree { block, offset })
}

proptest! {
    /// Every mistake is reported, when it can be seen first, and nothing else is. To the heap below goes what it gave, once.
    #[test]
    fn each_mistake_is_reported_and_nothing_else(deeds in vec(deed(), 0..80)) {
        let source = source(1 << 16);
        let mut watched = Watched {
            heap: Checked::new(&source, note),
            live: Vec::new(),
            returned: Vec::new(),
            expected: Vec::new(),
            lost: 0,
        };
        seen();
        for deed in deeds {
            watched.apply(deed);
            prop_assert_eq!(seen(), std::mem::take(&mut watched.expected));
        }
        let Watched { heap, live, returned, lost, .. } = watched;
        drop(heap);
        // The quarantine ends in any order.
        let mut reports = seen();
        for (block, _, written) in returned {
            let report = written_after_free(block, written);
            let found = reports.iter().position(|&found| Some(found) == report);
            prop_assert_eq!(found.is_some(), report.is_some());
            found.map(|found| reports.swap_remove(found));
        }
        prop_assert_eq!(reports, []);
        prop_assert_eq!(source.counts().live_blocks(), live.len() + lost, "these are leaks");
    }

    /// A block is the program's from its first byte to its last.
    #[test]
    fn no_byte_of_a_block_is_watched(layout in up_to(5000), at in any::<Index>()) {
        let source = source(1 << 16);
        let mut heap = checked(&source);
        let block = heap.allocate(layout).expect("room");
        if layout.size() > 0 {
            flip(block, at.index(layout.size()) as isize);
        }
        // SAFETY: live, and not used again.
        unsafe { heap.deallocate(block, layout) };
        drop(heap);
        prop_assert_eq!(seen(), []);
    }
}
