//! The heap as what front ends ask of it.

use core::ops::RangeInclusive;
use core::ptr::NonNull;

use heap::{OwnerId, PageIndex, PlainPages, SizeClass};
use rand_pcg::Pcg32;

use crate::central::CentralHeap;
use crate::claims::Claims;
use crate::global::GlobalHeap;
use crate::large::LargeBlock;
use crate::placement::Placement;
use crate::refill::Wish;
use crate::report::{Misuse, Report};

// SAFETY: a slot's bit says whether it is claimed, and changes under the lock of its class; large objects have runs of their own.
// Nothing is moved here.
unsafe impl<P: PlainPages, R: Report> CentralHeap for GlobalHeap<P, R> {
    type Pages = P;

    /// Nobody asks for chance where nothing is meshed.
    const PLACEMENT: Placement = Placement::Ascending;

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
            placement: Self::PLACEMENT,
            class,
            owner,
            slots: wanted,
        };
        self.claim(&wish, rng, claims)
    }

    fn refill_whole(
        &self,
        class: SizeClass,
        owner: OwnerId,
        wanted: usize,
        take: impl FnMut(NonNull<u8>),
    ) -> usize {
        self.upkeep();
        self.claim_whole(class, owner, wanted, take)
    }

    unsafe fn release(&self, class: SizeClass, slots: &[NonNull<u8>]) {
        // SAFETY: the same contract.
        unsafe { self.take_home(class, slots) };
        self.upkeep();
    }

    unsafe fn take_home(&self, class: SizeClass, slots: &[NonNull<u8>]) {
        // SAFETY: the same contract.
        unsafe { self.take_home(class, slots) };
    }

    unsafe fn hand_over(&self, class: SizeClass, slots: &[NonNull<u8>]) {
        // SAFETY: the same contract.
        unsafe { self.pass_on(class, slots) };
        self.upkeep();
    }

    fn take_over(&self, class: SizeClass, most: usize, take: impl FnOnce(&[NonNull<u8>])) -> usize {
        self.take_over(class, most, take)
    }

    fn send_home(&self) -> bool {
        self.send_home()
    }

    fn waiting_bytes(&self) -> usize {
        self.waiting_bytes()
    }

    fn allocate_large(&self, size: usize, align: usize) -> Option<LargeBlock> {
        self.upkeep();
        self.place_large(size, align)
    }

    unsafe fn free_large(&self, object: NonNull<u8>) {
        // SAFETY: the same contract.
        unsafe { self.remove_large(object) };
        self.upkeep();
    }

    unsafe fn resize_large(&self, object: NonNull<u8>, size: usize) -> Option<NonNull<u8>> {
        // SAFETY: the same contract.
        unsafe { self.resize_large(object, size) }
    }

    fn is_slot(&self, class: SizeClass, page: PageIndex, address: usize) -> bool {
        self.is_slot(class, page, address)
    }

    fn misuse(what: Misuse, address: usize) {
        R::misuse(what, address);
    }
}
