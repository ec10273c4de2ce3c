//! Blocks for who allocates while the next allocator is looked up: the loader.

use core::cell::UnsafeCell;
use core::ffi::c_void;
use core::ptr::null_mut;
use core::sync::atomic::{AtomicUsize, Ordering};

const BYTES: usize = 1 << 16;
const ALIGN: usize = 64;

/// Bytes that are given out once, from the start to the end.
#[repr(align(64))]
struct Area(UnsafeCell<[u8; BYTES]>);

// SAFETY: `USED` gives each part to one caller.
unsafe impl Sync for Area {}

static AREA: Area = Area(UnsafeCell::new([0; BYTES]));
static USED: AtomicUsize = AtomicUsize::new(0);

/// `size` bytes, zeroed and aligned to 64 bytes; null when there are not as many left.
pub(crate) fn allocate(size: usize) -> *mut c_void {
    let Some(room) = size.max(1).checked_next_multiple_of(ALIGN) else {
        return null_mut();
    };
    let start = USED.fetch_add(room.min(BYTES), Ordering::Relaxed);
    if start.checked_add(room).is_none_or(|end| end > BYTES) {
        return null_mut();
    }
    AREA.0.get().wrapping_byte_add(start).cast()
}

/// Bytes from `block` to the end of the area; `None` when it is not in it.
pub(crate) fn rest(block: *const c_void) -> Option<usize> {
    let offset = block.addr().wrapping_sub(AREA.0.get().addr());
    BYTES.checked_sub(offset).filter(|&rest| rest > 0)
}
