//! A list of spans that were emptied.

use super::list::List;
use crate::miniheap::MiniHeap;
use crate::pool::Pool;

/// The records of them, counted.
pub(super) struct Emptied {
    list: List,
    len: usize,
}

impl Emptied {
    pub(super) const NONE: Self = Self {
        list: List::EMPTY,
        len: 0,
    };

    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn iter<'a>(
        &self,
        heaps: &'a Pool<MiniHeap>,
    ) -> impl Iterator<Item = u32> + use<'a> {
        self.list.iter(heaps)
    }

    pub(super) fn push(&mut self, heaps: &mut Pool<MiniHeap>, id: u32) {
        self.list.push(heaps, id);
        self.len += 1;
    }

    pub(super) fn pop(&mut self, heaps: &mut Pool<MiniHeap>) -> Option<u32> {
        let id = self.list.pop(heaps)?;
        self.len -= 1;
        Some(id)
    }
}
