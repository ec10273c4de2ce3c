//! What the program gives back although it is not its own, as far as a thread can tell without a lock.
//!
//! The fast path tells what no object's address is by alignment, and compares with the newest slot at hand. Where it has no
//! answer there is time for more; and what nobody has noticed by then the span's bitmap tells when the slot goes home.

use core::ptr::NonNull;

use globalheap::{CentralHeap, Misuse};
use heap::{Grain, PageCount, PageIndex, SizeClass, SpanPages};
use miniheap::SpanClasses;
use shufflevector::ShuffleVector;

use super::ThreadHeap;

impl<C: CentralHeap> ThreadHeap<C> {
    /// What is wrong with giving back the object at `object`, in `page`, which is labelled as one of `class`.
    pub(super) fn mistake(
        &self,
        global: &C,
        class: SizeClass,
        page: PageIndex,
        object: NonNull<u8>,
    ) -> Option<Misuse> {
        if !global.is_slot(class, page, object.addr().get()) {
            return Some(Misuse::NotAnObject);
        }
        let at_hand = self.vectors.get(class.index());
        let kept = at_hand
            .into_iter()
            .chain(self.homeward.get(class.index()))
            .any(|vector| vector.as_slice().contains(&object));
        kept.then_some(Misuse::DoubleFree)
    }

    /// What is wrong with the object of `class` at `object` that is about to be moved, as far as a few instructions tell.
    ///
    /// # Safety
    /// As for [`pop_at`](Self::pop_at).
    #[inline]
    pub unsafe fn mistake_at(
        this: NonNull<Self>,
        class: SizeClass,
        object: NonNull<u8>,
    ) -> Option<Misuse> {
        // Where spans of one page are such everywhere: else that would have to be asked for.
        if <C::Pages as SpanPages>::COARSEST == Grain::PAGE {
            let geometry = SpanClasses::geometry(class, Grain::PAGE);
            let in_page = object.addr().get() % Self::PAGE_SIZE;
            if geometry.pages == PageCount(1) && geometry.slot_at(in_page).is_none() {
                return Some(Misuse::NotAnObject);
            }
        }
        // SAFETY: valid for reads (contract).
        let vector = unsafe { Self::vector_at(this, class) };
        // SAFETY: an idle heap's vectors have no storage; any other is used by the caller alone, and has its entries behind
        // others that may be read.
        if !unsafe { ShuffleVector::may_have_lately_at(vector, object) } {
            return None;
        }
        // SAFETY: a vector with slots is used by the caller alone.
        let slots = unsafe { vector.as_ref() }.as_slice();
        slots.contains(&object).then_some(Misuse::DoubleFree)
    }
}
