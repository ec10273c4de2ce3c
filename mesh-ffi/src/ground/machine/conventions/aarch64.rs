//! AArch64.

use core::ffi::{CStr, c_ulong, c_void};
use core::mem::transmute;

use crate::ground::clock::auxiliary;

/// What the kernel's function that reads clocks is called.
pub(crate) const CLOCK_OF_KERNEL: &CStr = c"__kernel_clock_gettime";

/// Kinds of relocations.
pub(crate) mod relocations {
    /// An address, in a variable or in the object's table.
    pub(crate) const ADDRESS: u32 = 257;
    pub(crate) const IN_TABLE: u32 = 1025;
    /// The same, which may be looked up in the first call only.
    pub(crate) const OF_CALL: u32 = 1026;
}

/// What a function that chooses among implementations is told of the processor besides its first argument: glibc's `__ifunc_arg_t`, as
/// long as it was at first.
#[repr(C)]
struct Processor {
    size: c_ulong,
    properties: [c_ulong; 2],
}

/// In the first argument of such a function: there is a second one.
const HAS_SECOND: c_ulong = 1 << 62;

/// What a function that chooses among implementations says.
///
/// # Safety
/// `choose` is such a function.
pub(crate) unsafe fn chosen(choose: *mut c_void) -> *mut c_void {
    type Choose = extern "C" fn(c_ulong, *const Processor) -> *mut c_void;
    // SAFETY: a function of this type (contract).
    let choose = unsafe { transmute::<*mut c_void, Choose>(choose) };
    // SAFETY: has no preconditions.
    let properties = [libc::AT_HWCAP, libc::AT_HWCAP2].map(|kind| unsafe { auxiliary(kind) });
    let processor = Processor {
        size: size_of::<Processor>() as c_ulong,
        properties,
    };
    choose(properties[0] | HAS_SECOND, &processor)
}

/// Which argument of `clone` says where the child finds its number.
pub(crate) const CHILD_IN_CLONE: usize = 4;

/// Calls for which other processors have others that can do more: none.
pub(crate) mod only_here {
    use libc::c_long;

    /// Those that write to no object, and concern nobody.
    pub(crate) const PLAIN: &[c_long] = &[];

    /// Those that duplicate the process.
    pub(crate) const FORKS: &[c_long] = &[];

    /// Those in which a thread may sleep for long.
    pub(crate) const SLEEPS: &[c_long] = &[];
}
