//! A list of records that are in no bin, linked through the same field.

use crate::miniheap::{MiniHeap, NONE};
use crate::pool::Pool;

/// Last in, first out.
pub(super) struct List(u32);

impl List {
    pub(super) const EMPTY: Self = Self(NONE);

    pub(super) fn push(&mut self, heaps: &mut Pool<MiniHeap>, id: u32) {
        if let Some(heap) = heaps.get_mut(id) {
            heap.next = core::mem::replace(&mut self.0, id);
        }
    }

    pub(super) fn pop(&mut self, heaps: &mut Pool<MiniHeap>) -> Option<u32> {
        let id = self.0;
        self.0 = heaps.get(id)?.next;
        Some(id)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0 == NONE
    }

    /// The records of the list.
    pub(super) fn iter<'a>(
        &self,
        heaps: &'a Pool<MiniHeap>,
    ) -> impl Iterator<Item = u32> + use<'a> {
        let exists = |id: u32| (id != NONE).then_some(id);
        core::iter::successors(exists(self.0), move |&id| {
            exists(heaps.get(id).map_or(NONE, |heap| heap.next))
        })
    }
}
