//! What the front end of a thread asks of the heap that all threads share.

use core::ops::RangeInclusive;
use core::ptr::NonNull;

use heap::{Labels, OwnerId, PageIndex, PlainPages, SizeClass};
use miniheap::SpanClasses;
use rand_pcg::Pcg32;

use crate::claims::Claims;
use crate::large::LargeBlock;
use crate::placement::Placement;
use crate::report::Misuse;

/// Slots in batches, and large objects, for all threads. What is due from time to time is done in these calls, but for those of
/// which it is said that they leave it to others.
///
/// # Safety
/// * A slot that is passed on is of the class that was asked for, as large and as aligned as that says, and nobody else's until
///   it is given back. So is a large object.
/// * The bytes of an object change by the program's hand only, though what it lies on may change.
/// * The label of a live object's page has its class.
pub unsafe trait CentralHeap: Sync {
    /// The pages below.
    type Pages: PlainPages;

    /// Where among the free slots of a span objects are placed; of a class it may change.
    const PLACEMENT: Placement;

    /// The pages below: records, clocks, and random bits come from there.
    fn pages(&self) -> &Self::Pages;

    /// Where the pages are, and their labels.
    fn labels(&self) -> Labels {
        heap::SpanPages::labels(self.pages())
    }

    /// Does what is due from time to time, if it is due.
    fn keep_up(&self);

    /// Claims free slots of `class`, which are not whole pages, for `owner`, of a few spans. Returns their number: as many as are wanted
    /// at least, or up to the most when so many are left in the last span; less when there are more to be had by asking again, none when
    /// there is no memory. There was nothing in `claims` before.
    fn refill(
        &self,
        class: SizeClass,
        owner: OwnerId,
        wanted: RangeInclusive<usize>,
        rng: &mut Pcg32,
        claims: &mut Claims,
    ) -> usize;

    /// Claims so many objects of `class`, which are whole pages, for `owner`, and passes each to `take`. Returns their number: less when
    /// there is no memory.
    fn refill_whole(
        &self,
        class: SizeClass,
        owner: OwnerId,
        wanted: usize,
        take: impl FnMut(NonNull<u8>),
    ) -> usize;

    /// Claims one slot of `class` for `owner`; `None` when there is no memory. There was nothing in `claims` before, nor will there be.
    fn refill_one(
        &self,
        class: SizeClass,
        owner: OwnerId,
        rng: &mut Pcg32,
        claims: &mut Claims,
    ) -> Option<NonNull<u8>> {
        let mut one = None;
        if SpanClasses::is_whole(class) {
            self.refill_whole(class, owner, 1, |object| one = Some(object));
            return one;
        }
        self.refill(class, owner, 1..=1, rng, claims);
        claims.take_one()
    }

    /// Takes slots of `class` back. An address at which no object of the class is in use is reported and otherwise ignored.
    ///
    /// # Safety
    /// * The slots were claimed by a refill and not released since.
    /// * Nobody uses the objects any more.
    unsafe fn release(&self, class: SizeClass, slots: &[NonNull<u8>]);

    /// [`release`](Self::release) that leaves what is due to others.
    ///
    /// # Safety
    /// As for `release`.
    unsafe fn take_home(&self, class: SizeClass, slots: &[NonNull<u8>]);

    /// Takes slots of `class` for the next thread that [asks](Self::take_over); when too many wait already, back to their spans.
    ///
    /// # Safety
    /// As for [`release`](Self::release).
    unsafe fn hand_over(&self, class: SizeClass, slots: &[NonNull<u8>]);

    /// Passes up to `most` slots of `class` that were [handed over](Self::hand_over) to `take`; returns their number. Leaves what is
    /// due to others.
    fn take_over(&self, class: SizeClass, most: usize, take: impl FnOnce(&[NonNull<u8>])) -> usize;

    /// Sends home what nobody has taken over; says whether there was anything. Leaves what is due to others.
    fn send_home(&self) -> bool;

    /// Bytes of the slots that wait for a taker.
    fn waiting_bytes(&self) -> usize;

    /// An object of at least `size` bytes on pages of its own, aligned to `align` bytes, a power of two. `None` when there
    /// is no memory.
    fn allocate_large(&self, size: usize, align: usize) -> Option<LargeBlock>;

    /// Takes a large object back. An address at which none starts is reported and otherwise ignored.
    ///
    /// # Safety
    /// Nobody uses the object any more.
    unsafe fn free_large(&self, object: NonNull<u8>);

    /// Makes room for `size` bytes in a large object, where it is or, if that is cheaper than copying, at another address,
    /// which is returned. `None`: nothing has changed. Leaves what is due to others.
    ///
    /// # Safety
    /// The object is in use, and only through its new address from now on; nobody uses what is cut off.
    unsafe fn resize_large(&self, object: NonNull<u8>, size: usize) -> Option<NonNull<u8>>;

    /// Whether a slot of `class` starts at `address`, which lies in `page`, labelled as one of the class. What is said of a page
    /// without objects in use means nothing.
    fn is_slot(&self, class: SizeClass, page: PageIndex, address: usize) -> bool;

    /// Reports a mistake of the program. No lock is held, since what is told may end the program.
    fn misuse(what: Misuse, address: usize);
}
