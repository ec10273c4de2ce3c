//! The layer as what front ends ask of it: the heap below, with the upkeep of both.

use core::ops::RangeInclusive;
use core::ptr::NonNull;

use globalheap::{CentralHeap, Claims, LargeBlock, Misuse, Placement, Report, Wish};
use heap::{ClassMap, OwnerId, PageHeap, PageIndex, SizeClass};
use miniheap::SpanClasses;
use rand_pcg::Pcg32;

use crate::mesh_heap::MeshHeap;
use crate::policy::MeshPolicy;

// SAFETY: slots and large objects are those of the heap below, which promises the same. A mesh copies the objects that it moves,
// while their writers wait.
unsafe impl<P: PageHeap, M: MeshPolicy, R: Report> CentralHeap for MeshHeap<P, M, R> {
    type Pages = P;

    const PLACEMENT: Placement = M::PLACEMENT;

    fn pages(&self) -> &P {
        self.pages()
    }

    fn keep_up(&self) {
        self.upkeep();
    }

    fn refill(
        &self,
        class: SizeClass,
        owner: OwnerId,
        wanted: RangeInclusive<usize>,
        rng: &mut Pcg32,
        claims: &mut Claims,
    ) -> usize {
        self.upkeep();
        let wish = Wish {
            placement: self.placement(class),
            class,
            owner,
            slots: wanted,
        };
        self.below().claim(&wish, rng, claims)
    }

    fn refill_whole(
        &self,
        class: SizeClass,
        owner: OwnerId,
        wanted: usize,
        take: impl FnMut(NonNull<u8>),
    ) -> usize {
        self.upkeep();
        self.below().claim_whole(class, owner, wanted, take)
    }

    unsafe fn release(&self, class: SizeClass, slots: &[NonNull<u8>]) {
        // SAFETY: the same contract.
        unsafe { self.take_home(class, slots) };
        self.upkeep();
    }

    unsafe fn take_home(&self, class: SizeClass, slots: &[NonNull<u8>]) {
        // SAFETY: the same contract.
        unsafe { self.below().take_home(class, slots) };
        self.gain.note(bytes_of(class, slots));
    }

    unsafe fn hand_over(&self, class: SizeClass, slots: &[NonNull<u8>]) {
        // SAFETY: the same contract.
        unsafe { self.below().pass_on(class, slots) };
        self.gain.note(bytes_of(class, slots));
        self.upkeep();
    }

    fn take_over(&self, class: SizeClass, most: usize, take: impl FnOnce(&[NonNull<u8>])) -> usize {
        self.below().take_over(class, most, take)
    }

    fn send_home(&self) -> bool {
        self.below().send_home()
    }

    fn waiting_bytes(&self) -> usize {
        self.below().waiting_bytes()
    }

    fn allocate_large(&self, size: usize, align: usize) -> Option<LargeBlock> {
        self.upkeep();
        self.below().place_large(size, align)
    }

    unsafe fn free_large(&self, object: NonNull<u8>) {
        // SAFETY: the same contract.
        let bytes = unsafe { self.below().remove_large(object) };
        self.gain.note(bytes);
        self.upkeep();
    }

    unsafe fn resize_large(&self, object: NonNull<u8>, size: usize) -> Option<NonNull<u8>> {
        // SAFETY: the same contract.
        unsafe { self.below().resize_large(object, size) }
    }

    fn is_slot(&self, class: SizeClass, page: PageIndex, address: usize) -> bool {
        self.below().is_slot(class, page, address)
    }

    fn misuse(what: Misuse, address: usize) {
        R::misuse(what, address);
    }
}

/// Bytes of slots of `class`.
fn bytes_of(class: SizeClass, slots: &[NonNull<u8>]) -> usize {
    SpanClasses::object_size(class) * slots.len()
}
