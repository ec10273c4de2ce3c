//! The dynamic loader's memory.
//!
//! Before the C library is there the loader allocates what it needs from the rest of its last page of data. It gives none of
//! that back by itself, and no allocator but its own knows these blocks.

use crate::ground::clock::auxiliary;

/// The bytes behind `address` up to the end of the loader's data; `None` for an address that is not in them.
pub(crate) fn bytes_from(address: usize) -> Option<usize> {
    // SAFETY: has no preconditions.
    let base = unsafe { auxiliary(libc::AT_BASE) } as usize;
    if base == 0 {
        return None;
    }
    // SAFETY: as above.
    let page = unsafe { auxiliary(libc::AT_PAGESZ) } as usize;
    let header = base as *const libc::Elf64_Ehdr;
    // SAFETY: the kernel says that the loader's file is mapped here: it begins with its header.
    let header = unsafe { &*header };
    let first = (base + header.e_phoff as usize) as *const libc::Elf64_Phdr;
    (0..usize::from(header.e_phnum)).find_map(|at| {
        // SAFETY: the header says that there are so many.
        let segment = unsafe { first.add(at) };
        // SAFETY: the entries are in the file's first page, which is mapped for reading.
        let segment = unsafe { &*segment };
        let is_data = segment.p_type == libc::PT_LOAD && segment.p_flags & libc::PF_W != 0;
        let start = base + segment.p_vaddr as usize;
        let end = (start + segment.p_memsz as usize).next_multiple_of(page);
        (is_data && (start..end).contains(&address)).then(|| end - address)
    })
}
