//! What an address that the program passes is, told without a lock.

use core::ptr::NonNull;

use heap::{PageIndex, PlainPages, SizeClass};

use crate::global::GlobalHeap;
use crate::report::Report;

/// What is at an address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Found {
    /// Memory of somebody else, or none.
    Foreign,
    /// A place in the arena at which no object can start.
    Nothing,
    /// An object that has room for so many bytes, if it is in use.
    Object(usize),
}

impl<P: PlainPages, R: Report> GlobalHeap<P, R> {
    /// What is at `address`.
    pub fn find(&self, address: NonNull<u8>) -> Found {
        let (labels, address) = (self.labels(), address.addr().get());
        let Some(page) = labels.page_at(address) else {
            return Found::Foreign;
        };
        let object = match labels.label(page) {
            label if label.is_large() && address == labels.address_of(page) => {
                let pages = self.pages.large_pages(page);
                pages.map(|pages| pages.index() * P::PAGE_SIZE)
            }
            label => label
                .as_small()
                .filter(|&(class, _)| self.is_slot(class, page, address))
                .map(|(class, _)| self.geometry(class).object_size as usize),
        };
        object.map_or(Found::Nothing, Found::Object)
    }

    /// Bytes that the object at `object` has room for; `None` when no live object can start there.
    pub fn usable_size(&self, object: NonNull<u8>) -> Option<usize> {
        match self.find(object) {
            Found::Object(size) => Some(size),
            Found::Foreign | Found::Nothing => None,
        }
    }

    /// Whether a slot of `class` starts at `address`, which lies in `page`, labelled as one of the class. What is said of a page
    /// without objects in use means nothing.
    pub fn is_slot(&self, class: SizeClass, page: PageIndex, address: usize) -> bool {
        let labels = self.labels();
        let geometry = self.geometry(class);
        if geometry.slots == 1 {
            return address == labels.address_of(page);
        }
        let first = self.first_page(&labels, page, class);
        geometry
            .slot_at(address - labels.address_of(first))
            .is_some()
    }
}
