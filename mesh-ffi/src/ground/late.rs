//! Definitions in libraries that were opened after the start.
//!
//! Who calls one of these functions may have it from a library that the program opened for itself: libaio, liburing, a C++
//! library. What is found is not kept, since the program may close the library again. Here the loader's lock of its list is
//! taken, which is held for moments, and over nobody's constructors.

use core::ffi::{c_int, c_void};
use core::ptr::{null_mut, with_exposed_provenance};

use libc::{Elf64_Phdr as Segment, dl_phdr_info as Loaded};

use crate::ground::loaded::{Name, Object};
use crate::ground::resolved::own;

type Visit = Option<unsafe extern "C" fn(*mut Loaded, usize, *mut c_void) -> c_int>;

own!(fn visit_loaded = c"dl_iterate_phdr" or libc::dl_iterate_phdr, (visit: Visit, data: *mut c_void) -> c_int);

/// What is looked for.
struct Search {
    name: Name,
    /// An address in the object that asks.
    caller: usize,
    /// What was found first.
    found: *mut c_void,
}

/// What some object but ours defines as `name`: that of the object that `caller` lies in, if it has one, or else the first one's.
/// Null when nobody has it.
#[cold]
pub(crate) fn definition(name: Name, caller: usize) -> *mut c_void {
    let mut search = Search {
        name,
        caller,
        found: null_mut(),
    };
    // SAFETY: the function below, and what it expects.
    unsafe { visit_loaded(Some(visit), (&raw mut search).cast()) };
    search.found
}

/// Looks at one object; not zero when it is the last one to be looked at.
unsafe extern "C" fn visit(loaded: *mut Loaded, _: usize, search: *mut c_void) -> c_int {
    // SAFETY: what the loader passes.
    let loaded = unsafe { &*loaded };
    // SAFETY: what `definition` passes.
    let search = unsafe { &mut *search.cast::<Search>() };
    // SAFETY: the loader's record of an object has so many segments.
    let segments =
        unsafe { core::slice::from_raw_parts(loaded.dlpi_phdr, usize::from(loaded.dlpi_phnum)) };
    let base = loaded.dlpi_addr as usize;
    if has(segments, base, definition as *const () as usize) {
        return 0;
    }
    let is_callers = has(segments, base, search.caller);
    if search.found.is_null() || is_callers {
        let found = find(segments, base, search.name);
        if !found.is_null() {
            search.found = found;
            return c_int::from(is_callers);
        }
    }
    0
}

/// Whether an object has this address.
fn has(segments: &[Segment], base: usize, address: usize) -> bool {
    segments.iter().any(|segment| {
        let start = base.wrapping_add(segment.p_vaddr as usize);
        segment.p_type == libc::PT_LOAD && address.wrapping_sub(start) < segment.p_memsz as usize
    })
}

fn find(segments: &[Segment], base: usize, name: Name) -> *mut c_void {
    let section = segments
        .iter()
        .find(|segment| segment.p_type == libc::PT_DYNAMIC);
    section.map_or(null_mut(), |section| {
        let start = base.wrapping_add(section.p_vaddr as usize);
        // SAFETY: the dynamic section of a loaded object.
        let object = unsafe { Object::new(base, with_exposed_provenance(start)) };
        object.map_or(null_mut(), |object| object.find(name))
    })
}
