//! Where a thread is, and what of its stack is there.

use core::ptr::with_exposed_provenance;
use core::sync::atomic::{AtomicUsize, Ordering};

use arena::{Linux, Os};
use heapprofile::Context;
use libc::Elf64_Phdr as Segment;

use crate::ground::clock::auxiliary;
use crate::ground::loaded::Code;
use crate::ground::machine::{address_of_code, registers};
use crate::ground::reach;

/// The code of libraries.
static CODE: Code = Code::new();

/// The program's code: first address, and the one behind the last.
static PROGRAM: [AtomicUsize; 2] = [const { AtomicUsize::new(0) }; 2];

/// Finds the program's code; returns where the program begins. To be called by the constructor.
pub(super) fn find_program() -> usize {
    let kinds = [libc::AT_ENTRY, libc::AT_PHDR, libc::AT_PHNUM];
    // SAFETY: has no preconditions.
    let [entry, table, count] = kinds.map(|kind| unsafe { auxiliary(kind) } as usize);
    let segments = (0..count).filter_map(|index| {
        let first = with_exposed_provenance::<Segment>(table);
        // SAFETY: the kernel has mapped the program with its table of segments, of which it says the place and the number.
        unsafe { first.wrapping_add(index).as_ref() }
    });
    // The table is in the first page of the file. Not every program has a segment that says where it is.
    let first = segments
        .clone()
        .find(|segment| segment.p_type == libc::PT_LOAD && segment.p_offset == 0);
    let linked = first.map_or(0, |segment| segment.p_vaddr as usize);
    let base = (table & !(Linux::PAGE_SIZE - 1)).wrapping_sub(linked);
    for segment in segments {
        let start = base.wrapping_add(segment.p_vaddr as usize);
        let code = start..start.wrapping_add(segment.p_memsz as usize);
        if segment.p_type == libc::PT_LOAD && code.contains(&entry) {
            PROGRAM[0].store(code.start, Ordering::Relaxed);
            PROGRAM[1].store(code.end, Ordering::Relaxed);
        }
    }
    entry
}

/// The registers of the calling thread, as of the caller's frame.
#[inline(always)]
pub(super) fn here() -> Context {
    let [instruction, stack_pointer, frame_pointer] = registers();
    Context {
        instruction,
        stack_pointer,
        frame_pointer,
    }
}

/// Copies words of the program's stack; says whether they are there.
pub(super) fn copy(address: u64, words: &mut [u64]) -> bool {
    reach::copy_in(with_exposed_provenance(address as usize), words)
}

/// Whether a word may be the address of an instruction of the program's.
pub(super) fn is_code(word: u64) -> bool {
    let address = address_of_code(word) as usize;
    let [start, end] = PROGRAM
        .each_ref()
        .map(|place| place.load(Ordering::Relaxed));
    (start..end).contains(&address) || CODE.is_at(address)
}

/// Looks where code is, if that has changed.
pub(super) fn renew_code() {
    CODE.renew();
}
