//! Addresses that the linker writes, or the loader after it.

/// The address of what has this name. What is declared `".weak"` may not be there, and is null then; what is `".hidden"` is looked for in
/// what the linker puts together, and nowhere else.
macro_rules! linked_address {
    ($name:literal $(, $directive:literal)*) => {{
        let address: *mut core::ffi::c_void;
        // SAFETY: reads an address that was written before this code could run, and never changes.
        unsafe {
            core::arch::asm!(
                $(concat!($directive, " ", $name),)*
                concat!("mov {0}, qword ptr [rip + ", $name, "@GOTPCREL]"),
                out(reg) address,
                options(pure, nomem, nostack, preserves_flags),
            );
        }
        address
    }};
}
pub(crate) use linked_address;
