//! What the program gives back although it is not its own, as far as a thread can tell without a lock.
//!
//! The fast path tells what no object's address is by alignment, and compares with the newest slot at hand. Where it has no
//! answer there is time for more; and what nobody has noticed by then the span's bitmap tells when the slot goes home.

use core::ptr::NonNull;

use globalheap::{Found, GlobalHeap, MeshPolicy, Misuse, Report};
use heap::{PageHeap, PageIndex, SizeClass};

use super::ThreadHeap;

/// Slots at hand that are looked at when an object is to be moved, at most.
const LOOKED_AT: usize = 16;

impl<P: PageHeap, M: MeshPolicy, R: Report> ThreadHeap<P, M, R> {
    /// What is wrong with giving back the object at `object`, in `page`, which is labelled as one of `class`.
    pub(super) fn mistake(
        &self,
        global: &GlobalHeap<P, M, R>,
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

    /// What is wrong with the small object at `object` that is about to be moved: the program may use it still, or so it
    /// thinks.
    ///
    /// # Safety
    /// As for [`pop_at`](Self::pop_at).
    pub unsafe fn mistake_at(
        this: NonNull<Self>,
        global: &GlobalHeap<P, M, R>,
        object: NonNull<u8>,
    ) -> Option<Misuse> {
        let labels = global.labels();
        let page = labels.page_at(object.addr().get())?;
        let (class, _) = labels.label(page).as_small()?;
        if global.find(object) == Found::Nothing {
            return Some(Misuse::NotAnObject);
        }
        // SAFETY: an idle heap has no slots; any other is used by the caller alone (contract).
        let at_hand = unsafe { &(*this.as_ptr()).vectors };
        let slots = at_hand.get(class.index())?.as_slice();
        let older = slots.len().saturating_sub(LOOKED_AT);
        let newest = slots.get(older..).unwrap_or_default();
        newest.contains(&object).then_some(Misuse::DoubleFree)
    }
}
