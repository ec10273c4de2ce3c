//! A pool of blocks of three sizes for a machine without an operating system: its memory is a static, and no call leaves it.
//!
//! This is a library, to be linked into a firmware; a test makes a program of it, which has `std`.
#![cfg_attr(not(test), no_std)]

extern crate alloc;

mod frames;

use alloc::boxed::Box;
use core::ptr::NonNull;

use frames::{Pool, pool};
use heap::SpinLock;
use kit::{AsGlobal, Locked};

/// How many blocks there are of each size.
const BLOCKS: [usize; 3] = [64, 16, 4];

/// The memory of all blocks: 6 KiB, and not a byte more.
#[repr(C, align(512))]
struct Memory {
    small: [u8; 32 * BLOCKS[0]],
    middle: [u8; 128 * BLOCKS[1]],
    large: [u8; 512 * BLOCKS[2]],
}

const _: () = assert!(size_of::<Memory>() == 6 << 10);

static mut MEMORY: Memory = Memory {
    small: [0; _],
    middle: [0; _],
    large: [0; _],
};

/// The parts for each size.
///
/// # Safety
/// `memory` is the address of a static or a block of at least this size.
const unsafe fn regions(memory: *mut Memory) -> [NonNull<[u8]>; 3] {
    const fn region(part: *mut [u8]) -> NonNull<[u8]> {
        NonNull::new(part).expect("nothing lies at address zero")
    }
    [
        // SAFETY: a part of the memory.
        region(unsafe { &raw mut (*memory).small }),
        // SAFETY: a part of the memory.
        region(unsafe { &raw mut (*memory).middle }),
        // SAFETY: a part of the memory.
        region(unsafe { &raw mut (*memory).large }),
    ]
}

/// The allocator of the firmware, and so of `Box` and `Vec`.
#[cfg_attr(not(test), global_allocator)]
static HEAP: AsGlobal<Locked<SpinLock, Pool>> = {
    let memory = &raw mut MEMORY;
    // SAFETY: the address of a static.
    let regions = unsafe { regions(memory) };
    // SAFETY: the memory is there for ever, and nothing else in this program names it.
    AsGlobal(Locked::new(unsafe { pool(regions) }))
};

/// A frame that says how warm it is, in tenths of a degree.
pub fn measurement(sensor: u16, tenths: i16) -> Box<[u8; 100]> {
    let mut frame = Box::new([0; 100]);
    frame[..2].copy_from_slice(&sensor.to_be_bytes());
    frame[2..4].copy_from_slice(&tenths.to_be_bytes());
    frame
}

#[cfg(test)]
mod tests;
