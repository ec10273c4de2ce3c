//! A list of records that are in no bin, linked through the same field.

use crate::head::Head;
use crate::miniheap::{MiniHeap, NONE};
use crate::pool::Pool;

/// Last in, first out.
pub(super) struct List(Head);

impl List {
    pub(super) const EMPTY: Self = Self(Head::NONE);

    pub(super) fn push(&mut self, heaps: &mut Pool<MiniHeap>, id: u32) {
        if let Some(heap) = heaps.get_mut(id) {
            heap.next = self.0.replace(id);
        }
    }

    pub(super) fn pop(&mut self, heaps: &mut Pool<MiniHeap>) -> Option<u32> {
        let id = self.0.get();
        self.0.set(heaps.get(id)?.next);
        Some(id)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.get() == NONE
    }

    /// The records of the list.
    pub(super) fn iter<'a>(
        &self,
        heaps: &'a Pool<MiniHeap>,
    ) -> impl Iterator<Item = u32> + use<'a> {
        let exists = |id: u32| (id != NONE).then_some(id);
        core::iter::successors(exists(self.0.get()), move |&id| {
            exists(heaps.get(id).map_or(NONE, |heap| heap.next))
        })
    }
}
