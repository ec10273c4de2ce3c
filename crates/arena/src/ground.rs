//! What never changes once the range was reserved.

use heap::Labels;

use crate::page_map::PageMap;

/// What never changes once the range was reserved.
#[derive(Clone, Copy)]
pub(crate) struct Ground {
    pub(crate) labels: Labels,
    pub(crate) map: PageMap,
}
