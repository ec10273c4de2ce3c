//! Slots that a thread's front end gives back.

use core::ptr::NonNull;

use heap::{Labels, PageHeap, SizeClass};
use miniheap::{Geometry, Released, SpanClasses, Spans};

use crate::global::GlobalHeap;
use crate::policy::MeshPolicy;
use crate::report::{Misuse, Report};

impl<P: PageHeap, M: MeshPolicy, R: Report> GlobalHeap<P, M, R> {
    /// Takes slots of `class` back. An address at which no object of the class is in use is reported and otherwise ignored.
    ///
    /// # Safety
    /// * The slots were claimed by a refill and not released since.
    /// * Nobody uses the objects any more.
    pub unsafe fn release(&self, class: SizeClass, slots: &[NonNull<u8>]) {
        {
            let labels = self.labels();
            let geometry = SpanClasses::geometry(class);
            let mut spans = self.class(class);
            for &slot in slots {
                if let Err(misuse) = self.release_one(&mut spans, &labels, class, geometry, slot) {
                    Self::misuse(misuse, slot.addr().get());
                }
            }
            debug_assert_eq!(spans.check_now_and_then(), Ok(()));
        }
        self.upkeep();
    }

    #[inline]
    fn release_one(
        &self,
        spans: &mut Spans,
        labels: &Labels,
        class: SizeClass,
        geometry: &Geometry,
        slot: NonNull<u8>,
    ) -> Result<(), Misuse> {
        let address = slot.addr().get();
        let shift = const { P::PAGE_SIZE.trailing_zeros() };
        let page = labels.page_by(address, shift).ok_or(Misuse::NotAnObject)?;
        if labels
            .label(page)
            .as_small()
            .is_none_or(|(found, _)| found != class)
        {
            return Err(Misuse::NotAnObject);
        }
        let id = self.pages.span_at(page);
        let first = spans.get(id).ok_or(Misuse::NotAnObject)?.first();
        let offset = address.wrapping_sub(labels.address_of(first));
        let slot = geometry.slot_at(offset).ok_or(Misuse::NotAnObject)?;
        match spans.release(id, slot) {
            Released::NotLive => return Err(Misuse::DoubleFree),
            Released::Kept => {}
            Released::Emptied => {
                if let Some(run) = spans.remove(id) {
                    // SAFETY: the span is on pages of its own, and its last object is gone.
                    unsafe { self.pages.free_span(run) };
                }
            }
        }
        Ok(())
    }
}
