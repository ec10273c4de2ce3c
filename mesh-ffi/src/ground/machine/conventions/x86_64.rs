//! x86-64.

use core::ffi::{CStr, c_void};
use core::mem::transmute;

/// What the kernel's function that reads clocks is called.
pub(crate) const CLOCK_OF_KERNEL: &CStr = c"__vdso_clock_gettime";

/// Kinds of relocations.
pub(crate) mod relocations {
    /// An address, in a variable or in the object's table.
    pub(crate) const ADDRESS: u32 = 1;
    pub(crate) const IN_TABLE: u32 = 6;
    /// The same, which may be looked up in the first call only.
    pub(crate) const OF_CALL: u32 = 7;
}

/// What a function that chooses among implementations says: it takes nothing on this machine.
///
/// # Safety
/// `choose` is such a function.
pub(crate) unsafe fn chosen(choose: *mut c_void) -> *mut c_void {
    // SAFETY: a function of this type (contract).
    let choose = unsafe { transmute::<*mut c_void, extern "C" fn() -> *mut c_void>(choose) };
    choose()
}

/// Which argument of `clone` says where the child finds its number.
pub(crate) const CHILD_IN_CLONE: usize = 3;

/// Calls for which other processors have others that can do more.
pub(crate) mod only_here {
    use libc::c_long;

    /// Those that write to no object, and concern nobody.
    pub(crate) const PLAIN: &[c_long] = &[
        libc::SYS_open,
        libc::SYS_access,
        libc::SYS_dup2,
        libc::SYS_vfork,
    ];

    /// Those that duplicate the process.
    pub(crate) const FORKS: &[c_long] = &[libc::SYS_fork];

    /// Those in which a thread may sleep for long.
    pub(crate) const SLEEPS: &[c_long] = &[
        libc::SYS_poll,
        libc::SYS_select,
        libc::SYS_epoll_wait,
        libc::SYS_pause,
    ];
}
