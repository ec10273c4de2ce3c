//! The kernel's own function that reads clocks, which it maps into every process. The C library's `clock_gettime` calls it; but
//! a program, or a library in front of us, may have one of its own, which shows other times, or allocates.

use core::ffi::c_ulong;
use core::mem::transmute;
use core::ptr::with_exposed_provenance;

use arena::os::ReadClock;
use libc::{Elf64_Ehdr as Header, Elf64_Phdr as Segment};

use crate::ground::heap::HEAP;
use crate::ground::loaded::{Name, Object};
use crate::ground::machine::CLOCK_OF_KERNEL;
use crate::ground::resolved::{Next, own};

own!(pub(crate) fn auxiliary = c"getauxval" or libc::getauxval, (kind: c_ulong) -> c_ulong);

/// Whether a library behind us shows the C library's callers other times: those that the program gives, and asks for, are not the
/// kernel's then.
pub(crate) fn is_replaced() -> bool {
    #[unsafe(link_section = "mesh_next")]
    static NEXT: Next = Next::new(c"clock_gettime");
    #[unsafe(link_section = "mesh_next")]
    static OWN: Next = Next::of_c_library(c"clock_gettime");
    NEXT.address() != OWN.address()
}

/// Has the heap read clocks by it. Without it there are system calls.
pub(crate) fn adopt() {
    // SAFETY: has no preconditions.
    let base = unsafe { auxiliary(libc::AT_SYSINFO_EHDR) } as usize;
    if base == 0 {
        return;
    }
    // SAFETY: the kernel's object is there.
    let Some(object) = (unsafe { object_at(base) }) else {
        return;
    };
    let found = object.find(const { Name::new(CLOCK_OF_KERNEL) });
    if !found.is_null() {
        // SAFETY: the kernel's function of this name is of this type.
        let function = unsafe { transmute::<*mut core::ffi::c_void, ReadClock>(found) };
        HEAP.global().pages().os().read_clocks_by(function);
    }
}

/// The kernel's object, as it lies in memory from `base` on.
///
/// # Safety
/// It is there.
unsafe fn object_at(base: usize) -> Option<Object> {
    // SAFETY: an object begins with its header.
    let header = unsafe { &*with_exposed_provenance::<Header>(base) };
    let segments = with_exposed_provenance::<Segment>(base + header.e_phoff as usize);
    for index in 0..header.e_phnum {
        // SAFETY: the header says where the segments are, and how many.
        let segment = unsafe { &*segments.wrapping_add(usize::from(index)) };
        if segment.p_type == libc::PT_DYNAMIC {
            let section = with_exposed_provenance(base + segment.p_offset as usize);
            // SAFETY: the object's dynamic section.
            return unsafe { Object::of_kernel(base, section) };
        }
    }
    None
}
