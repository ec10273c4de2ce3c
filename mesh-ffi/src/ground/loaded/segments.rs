//! Which parts of a loaded object may be written to.

use core::ops::Range;
use core::ptr::with_exposed_provenance;

use arena::{Linux, Os};
use libc::{Elf64_Ehdr as Header, Elf64_Phdr as Segment};

use super::object::Object;

/// What an object's file begins with.
pub(super) const MAGIC: [u8; 4] = *b"\x7fELF";

impl Object {
    /// The object's segments; none for one that does not begin where its file does.
    fn segments(&self) -> impl Iterator<Item = &'static Segment> {
        let header = with_exposed_provenance::<Header>(self.base);
        let begins = self.base != 0 && self.base.is_multiple_of(Linux::PAGE_SIZE);
        // SAFETY: a library is mapped from its base on, with the first page of its file.
        let header = begins.then(|| unsafe { &*header });
        let header = header.filter(|header| header.e_ident.starts_with(&MAGIC));
        let (table, count) =
            header.map_or((0, 0), |header| (header.e_phoff as usize, header.e_phnum));
        let first = with_exposed_provenance::<Segment>(self.base.wrapping_add(table));
        (0..usize::from(count)).map(move |index| {
            // SAFETY: the header says where the table is, which the loader read in the same page, and how many there are.
            unsafe { &*first.wrapping_add(index) }
        })
    }

    fn addresses(&self, segment: &Segment) -> Range<usize> {
        let start = self.base.wrapping_add(segment.p_vaddr as usize);
        start..start.wrapping_add(segment.p_memsz as usize)
    }

    /// Whether the object's code, or data that it never writes, is at `address`.
    pub(crate) fn has_fixed(&self, address: usize) -> bool {
        self.segments().any(|segment| {
            segment.p_type == libc::PT_LOAD
                && segment.p_flags & libc::PF_W == 0
                && self.addresses(segment).contains(&address)
        })
    }

    /// Passes each word of the object's data to `act`.
    pub(crate) fn each_word(&self, mut act: impl FnMut(*mut usize)) {
        let is_data = |segment: &&Segment| {
            segment.p_type == libc::PT_LOAD && segment.p_flags & libc::PF_W != 0
        };
        for segment in self.segments().filter(is_data) {
            let Range { start, end } = self.addresses(segment);
            let first = start.next_multiple_of(size_of::<usize>());
            for at in
                (first..end.saturating_sub(size_of::<usize>() - 1)).step_by(size_of::<usize>())
            {
                act(core::ptr::with_exposed_provenance_mut(at));
            }
        }
    }

    /// Whether the loader has made the page of `address`, one of so many `bytes`, read-only once it had written what belongs there.
    pub(crate) fn is_sealed(&self, address: usize, bytes: usize) -> bool {
        let page = address / bytes;
        self.segments().any(|segment| {
            let Range { start, end } = self.addresses(segment);
            // Of a page that is covered in part, the loader seals none.
            segment.p_type == libc::PT_GNU_RELRO && (start / bytes..end / bytes).contains(&page)
        })
    }
}
