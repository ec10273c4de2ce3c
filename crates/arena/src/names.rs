//! Names of what an arena has mapped.

use core::ptr::NonNull;

use heap::PageIndex;

use crate::area::Side;
use crate::arena::Arena;
use crate::os::{Os, Purpose};

impl<O: Os> Arena<O> {
    /// Names what is mapped by now; what comes is named as it comes. For a system that names nothing at first.
    pub fn name_mappings(&self) {
        let state = self.state.lock();
        let Some(ground) = self.known_ground() else {
            return;
        };
        for pages in Side::BOTH
            .into_iter()
            .flat_map(|side| side.segments(ground).iter())
        {
            let start = ground.map.address(PageIndex(pages.start)) as *mut u8;
            if let Some(at) = NonNull::new(start) {
                self.os.name(at, pages.len() * O::PAGE_SIZE, Purpose::Heap);
            }
        }
        state.name_tables(&self.os);
    }
}
