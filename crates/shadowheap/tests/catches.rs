//! The suite finds what is wrong with heaps that are wrong.

use std::alloc::Layout;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::NonNull;
use std::sync::Mutex;
use std::thread::{self, ThreadId};

use heap::{Heap, LockedHeap};
use kit::Nothing;
use shadowheap::{Ledger, owned, shared};

/// What goes wrong in a heap over a ledger. Only memory of live blocks is ever touched.
trait Fault: Default {
    /// A block, or an answer that breaks the contract.
    fn allocate(&mut self, ledger: &Ledger, live: &[Block], layout: Layout) -> Option<NonNull<u8>> {
        let _ = live;
        ledger.allocate(layout)
    }

    /// Takes `block` back, or does not.
    fn deallocate(&mut self, ledger: &Ledger, live: &[Block], block: Block) {
        let _ = live;
        // SAFETY: the block came from the ledger, which checks that.
        unsafe { ledger.deallocate(block.0, block.1) };
    }
}

type Block = (NonNull<u8>, Layout);

/// Inverts the first byte of a live block.
fn damage(block: &Block) {
    // SAFETY: the block is live and has at least one byte.
    let byte = unsafe { block.0.read() };
    // SAFETY: the block is live and has at least one byte.
    unsafe { block.0.write(!byte) };
}

struct Faulty<F> {
    fault: F,
    ledger: Ledger,
    live: Vec<Block>,
}

fn faulty<F: Fault>() -> Faulty<F> {
    Faulty {
        fault: F::default(),
        ledger: Ledger::new(),
        live: Vec::new(),
    }
}

// SAFETY: none. The contract is broken on purpose; the accesses that a suite makes stay in blocks of the ledger.
unsafe impl<F: Fault> Heap for Faulty<F> {
    fn allocate(&mut self, layout: Layout) -> Option<NonNull<u8>> {
        let block = self.fault.allocate(&self.ledger, &self.live, layout)?;
        self.live.push((block, layout));
        Some(block)
    }

    unsafe fn deallocate(&mut self, block: NonNull<u8>, layout: Layout) {
        self.live.retain(|live| live.0 != block);
        self.fault
            .deallocate(&self.ledger, &self.live, (block, layout));
    }
}

/// What a check says when it fails.
fn complaint(check: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(check)).expect_err("the fault is not found");
    *panic.downcast::<String>().expect("a formatted message")
}

fn complaint_about<F: Fault>() -> String {
    complaint(|| owned::check_sequences(faulty::<F>, |_| {}))
}

#[test]
fn a_block_handed_out_twice() {
    #[derive(Default)]
    struct HandsOutTwice;
    impl Fault for HandsOutTwice {
        fn allocate(
            &mut self,
            ledger: &Ledger,
            live: &[Block],
            layout: Layout,
        ) -> Option<NonNull<u8>> {
            match live.last() {
                Some((block, of)) if *of == layout => Some(*block),
                Some((block, of)) if of.size() > layout.size() && layout.align() == 1 => {
                    Some(*block)
                }
                _ => ledger.allocate(layout),
            }
        }
    }
    let complaint = complaint_about::<HandsOutTwice>();
    assert!(complaint.contains("overlaps"), "{complaint}");
}

#[test]
fn a_block_inside_another() {
    #[derive(Default)]
    struct Nests;
    impl Fault for Nests {
        fn allocate(
            &mut self,
            ledger: &Ledger,
            live: &[Block],
            layout: Layout,
        ) -> Option<NonNull<u8>> {
            match live.last() {
                Some((block, of)) if of.size() > layout.size() && layout.align() == 1 => {
                    // SAFETY: inside the block.
                    Some(unsafe { block.add(of.size() - layout.size()) })
                }
                _ => ledger.allocate(layout),
            }
        }
    }
    let complaint = complaint_about::<Nests>();
    assert!(complaint.contains("overlaps"), "{complaint}");
}

#[test]
fn a_block_not_aligned() {
    #[derive(Default)]
    struct Misaligns;
    fn grown(layout: Layout) -> Layout {
        Layout::from_size_align(layout.size() + 1, layout.align()).expect("small")
    }
    impl Fault for Misaligns {
        fn allocate(
            &mut self,
            ledger: &Ledger,
            _: &[Block],
            layout: Layout,
        ) -> Option<NonNull<u8>> {
            let block = ledger.allocate(grown(layout))?;
            // SAFETY: the block is one byte larger than asked.
            Some(unsafe { block.add(1) })
        }

        fn deallocate(&mut self, ledger: &Ledger, _: &[Block], block: Block) {
            // SAFETY: `allocate` went up by this byte.
            let start = unsafe { block.0.sub(1) };
            // SAFETY: the ledger's own block, with its layout.
            unsafe { ledger.deallocate(start, grown(block.1)) };
        }
    }
    let complaint = complaint_about::<Misaligns>();
    assert!(complaint.contains("lies askew"), "{complaint}");
}

#[test]
fn a_deallocation_that_writes_to_another_block() {
    #[derive(Default)]
    struct Scribbles;
    impl Fault for Scribbles {
        fn deallocate(&mut self, ledger: &Ledger, live: &[Block], block: Block) {
            live.first().inspect(|other| damage(other));
            // SAFETY: the ledger's own block, with its layout.
            unsafe { ledger.deallocate(block.0, block.1) };
        }
    }
    let complaint = complaint_about::<Scribbles>();
    assert!(complaint.contains("has changed"), "{complaint}");
}

#[test]
fn a_refusal_that_writes_to_a_block() {
    #[derive(Default)]
    struct RefusesBadly;
    impl Fault for RefusesBadly {
        fn allocate(
            &mut self,
            ledger: &Ledger,
            live: &[Block],
            layout: Layout,
        ) -> Option<NonNull<u8>> {
            if live.len() > 3 {
                damage(&live[0]);
                return None;
            }
            ledger.allocate(layout)
        }
    }
    let complaint = complaint_about::<RefusesBadly>();
    assert!(complaint.contains("has changed"), "{complaint}");
}

#[test]
fn a_block_that_never_goes_back() {
    #[derive(Default)]
    struct Leaks(usize);
    impl Fault for Leaks {
        fn deallocate(&mut self, ledger: &Ledger, _: &[Block], block: Block) {
            self.0 += 1;
            if !self.0.is_multiple_of(7) {
                // SAFETY: the ledger's own block, with its layout.
                unsafe { ledger.deallocate(block.0, block.1) };
            }
        }
    }
    let complaint = complaint_about::<Leaks>();
    assert!(complaint.contains("never given back"), "{complaint}");
}

#[test]
fn a_block_that_goes_back_with_another_layout() {
    #[derive(Default)]
    struct Forgets;
    impl Fault for Forgets {
        fn allocate(
            &mut self,
            ledger: &Ledger,
            _: &[Block],
            layout: Layout,
        ) -> Option<NonNull<u8>> {
            ledger.allocate(layout.pad_to_align())
        }
    }
    let complaint = complaint_about::<Forgets>();
    assert!(complaint.contains("what it has asked for"), "{complaint}");
}

#[test]
fn a_heap_that_refuses_everything() {
    let complaint = complaint(|| owned::check_small_sizes(|| Nothing, |_| {}));
    assert!(complaint.contains("is refused"), "{complaint}");
}

#[test]
fn an_end_that_does_not_hold() {
    let complaint = complaint(|| {
        owned::check_sequences(Ledger::new, |ledger| assert_eq!(ledger.blocks_out(), 1));
    });
    assert!(complaint.contains("left: 0"), "{complaint}");
}

/// Forgets blocks that another thread gives back.
struct KeepsToItsThread {
    owners: Mutex<Vec<(usize, ThreadId)>>,
    ledger: Ledger,
}

// SAFETY: as for the ledger; a block that is never given back breaks no promise, so only a leak test can tell.
unsafe impl LockedHeap for KeepsToItsThread {
    fn allocate(&self, layout: Layout) -> Option<NonNull<u8>> {
        let block = self.ledger.allocate(layout)?;
        let owner = (block.addr().get(), thread::current().id());
        self.owners.lock().expect("a plain list").push(owner);
        Some(block)
    }

    unsafe fn deallocate(&self, block: NonNull<u8>, layout: Layout) {
        let mut owners = self.owners.lock().expect("a plain list");
        let place = owners
            .iter()
            .position(|owner| owner.0 == block.addr().get());
        let (_, owner) = owners.swap_remove(place.expect("the block is live"));
        if owner == thread::current().id() {
            // SAFETY: the ledger's own block, with its layout.
            unsafe { self.ledger.deallocate(block, layout) };
        }
    }
}

#[test]
fn a_block_that_another_thread_gives_back() {
    let heap = || KeepsToItsThread {
        owners: Mutex::default(),
        ledger: Ledger::new(),
    };
    shared::check_sequences(heap, |_| {}, |_| {});
    let complaint = complaint(|| shared::check_threads(heap, |_| {}, |_| {}));
    assert!(complaint.contains("never given back"), "{complaint}");
}
