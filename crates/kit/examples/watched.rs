//! A checked and counted heap around any other: it finds what a program does wrong.

#[path = "pool/frames.rs"]
mod frames;
#[path = "kingsley.rs"]
#[expect(dead_code, reason = "only its type is used, on another source")]
mod kingsley;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::RefCell;
use std::ptr::NonNull;

use heap::{Heap, SpinLock};
use kit::{Checked, Counted, FreeList, Locked, Nothing, PerClass, Violation, Zone};

/// The heap, and the blocks that it has out. It is shared with the checks above it, and outlives them.
type Books<H> = Counted<Locked<SpinLock, H>>;
/// The checks, over what counts.
type Watched<'a, H> = Checked<&'a Books<H>, 16>;

thread_local! {
    static SEEN: RefCell<Vec<Violation>> = const { RefCell::new(Vec::new()) };
}

/// What a program did wrong.
#[derive(PartialEq, Eq, Debug)]
struct Findings {
    violations: Vec<Violation>,
    /// Blocks that were never given back.
    leaked: usize,
}

/// Runs a program on `heap`.
fn watch<H: Heap + Send>(heap: H, program: impl FnOnce(&mut Watched<'_, H>)) -> Findings {
    let books = Books::new(Locked::new(heap));
    let mut checked = Watched::new(&books, |violation| {
        SEEN.with_borrow_mut(|seen| seen.push(violation));
    });
    program(&mut checked);
    // The blocks in quarantine go back.
    drop(checked);
    Findings {
        violations: SEEN.take(),
        leaked: books.counts().live_blocks(),
    }
}

const LINE: Layout = Layout::new::<[u8; 80]>();

/// Writes one byte more than fits, gives a block back twice, and forgets one.
fn careless(heap: &mut impl Heap) {
    let [line, twice, _forgotten] = [(); 3].map(|()| heap.allocate(LINE).expect("room"));
    // SAFETY: a byte too many, which `Checked` allows.
    unsafe { line.write_bytes(b'=', LINE.size() + 1) };
    for block in [line, twice, twice] {
        // SAFETY: live but for the last time, which `Checked` allows.
        unsafe { heap.deallocate(block, LINE) };
    }
}

/// The system's allocator.
#[derive(Clone, Copy)]
struct FromSystem;

// SAFETY: `System` promises the same for sizes that are not zero; others are refused.
unsafe impl Heap for FromSystem {
    fn allocate(&mut self, layout: Layout) -> Option<NonNull<u8>> {
        if layout.size() == 0 {
            return None;
        }
        // SAFETY: the size is not zero.
        NonNull::new(unsafe { System.alloc(layout) })
    }

    unsafe fn deallocate(&mut self, block: NonNull<u8>, layout: Layout) {
        // SAFETY: the contract is the same.
        unsafe { System.dealloc(block.as_ptr(), layout) }
    }
}

/// Kingsley's allocator over any source.
fn kingsley<S: Heap + Clone>(source: &S) -> kingsley::Kingsley<S> {
    let lists = std::array::from_fn(|_| FreeList::new(source.clone()));
    kingsley::Kingsley::new(PerClass::new(lists), Nothing)
}

/// The pool of frames over any memory that is never given back.
fn pool(mut memory: impl Heap) -> frames::Pool {
    let region = Layout::new::<[u64; 1024]>();
    let regions = [(); 3].map(|()| {
        let start = memory.allocate(region).expect("8 KiB");
        NonNull::slice_from_raw_parts(start, region.size())
    });
    // SAFETY: the regions are never given back, and nobody else knows them.
    unsafe { frames::pool(regions) }
}

fn main() {
    let zone = Zone::<_, 4096>::new(FromSystem);
    println!(
        "kingsley: {:?}",
        watch(kingsley(&FromSystem), |heap| careless(heap))
    );
    println!(
        "pool:     {:?}",
        watch(pool(FromSystem), |heap| careless(heap))
    );
    println!("zone:     {:?}", watch(zone, |heap| careless(heap)));
}

#[cfg(test)]
mod tests {
    use super::*;
    use shadowheap::{Ledger, shadow_heap_suite};

    fn assert_found(heap: impl Heap + Send) {
        let findings = watch(heap, |heap| careless(heap));
        let [overrun, double] = findings.violations[..] else {
            panic!("two mistakes show: {findings:?}");
        };
        let offset = LINE.size();
        assert!(matches!(overrun, Violation::WrittenBehind { offset: at, .. } if at == offset));
        assert!(matches!(double, Violation::DoubleFree { .. }));
        assert_eq!(findings.leaked, 1, "and one leaks");
    }

    #[test]
    fn the_same_is_found_around_each_heap() {
        assert_found(kingsley(&FromSystem));
        assert_found(pool(FromSystem));
        assert_found(Zone::<_, 4096>::new(Ledger::new()));
        assert_found(FromSystem);
    }

    #[test]
    fn a_careful_program_does_nothing_wrong() {
        let careful = watch(kingsley(&Ledger::new()), |heap| {
            for _ in 0..100 {
                let block = heap.allocate(LINE).expect("room");
                // SAFETY: the block has this size.
                unsafe { block.write_bytes(b'=', LINE.size()) };
                // SAFETY: live, and not used again.
                unsafe { heap.deallocate(block, LINE) };
            }
        });
        let none = Findings {
            violations: Vec::new(),
            leaked: 0,
        };
        assert_eq!(careful, none);
    }

    shadow_heap_suite!(checked_kingsley, || Checked::<_, 16>::new(
        super::kingsley(&Ledger::new()),
        |violation| panic!("a correct program did this? {violation:?}")
    ));
}
