//! Where nothing is mapped.
//!
//! The kernel puts a process into few places: the program and what it gets by `brk`, what it maps without a wish, and the stack.
//! Between them lies all the rest. Which places these are depends on how the program was linked and started.

use core::ops::Range;

use super::Linux;
use super::call::syscall;
use super::memory::{RESERVED, map};
use super::returned::checked;
use crate::os::{Access, Os};

/// The largest range between two of these places.
pub(super) fn largest() -> Range<usize> {
    between([0, program(), mapped(), stack()])
}

/// The end of the program's data.
fn program() -> usize {
    // SAFETY: an end that cannot be changes nothing.
    checked(unsafe { syscall(libc::SYS_brk, [0; 6]) }).unwrap_or(0)
}

/// Where the kernel maps something without a wish.
fn mapped() -> usize {
    let Ok(at) = map(0, Linux::PAGE_SIZE, Access::None, RESERVED) else {
        return 0;
    };
    // SAFETY: mapped just now, and known to nobody.
    let _ = unsafe { Linux::new().unmap(at, Linux::PAGE_SIZE) };
    at.addr().get()
}

/// The stack of this thread.
fn stack() -> usize {
    let here = 0_u8;
    (&raw const here).addr()
}

fn between(mut places: [usize; 4]) -> Range<usize> {
    heap::sort_by_key(&mut places, |&place| place);
    let holes = places.windows(2).filter_map(|pair| match pair {
        &[start, end] => Some(start..end),
        _ => None,
    });
    holes.max_by_key(|hole| hole.len()).unwrap_or(0..0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_range_lies_between_two_neighbours() {
        assert_eq!(between([0, 90, 70, 100]), 0..70);
        assert_eq!(between([0, 3, 100, 95]), 3..95);
        assert_eq!(between([0, 60, 20, 99]), 20..60);
        assert_eq!(between([0; 4]), 0..0);
    }

    #[test]
    fn nothing_is_in_the_middle() {
        let hole = largest();
        assert!(hole.len() > 1 << 40, "{hole:x?}");
        let middle = (hole.start + hole.len() / 2) / Linux::PAGE_SIZE * Linux::PAGE_SIZE;
        let at = core::ptr::NonNull::new(middle as *mut u8).unwrap();
        let os = Linux::new();
        os.map_at(at, Linux::PAGE_SIZE, Access::ReadWrite).unwrap();
        // SAFETY: mapped just now.
        unsafe { os.unmap(at, Linux::PAGE_SIZE) }.unwrap();
    }
}
