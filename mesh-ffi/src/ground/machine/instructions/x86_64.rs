//! x86-64.

/// Text of assembly: jumps to a function, with all as it came.
macro_rules! jump {
    ($function:literal) => {
        concat!("jmp ", $function)
    };
}
pub(crate) use jump;

/// Text of assembly: jumps to what is written in a place, with all as it came.
macro_rules! jump_by {
    ($place:literal) => {
        concat!("jmp qword ptr [rip + ", $place, "]")
    };
}
pub(crate) use jump_by;

/// Text of assembly: where nobody comes to.
macro_rules! trap {
    () => {
        "ud2"
    };
}
pub(crate) use trap;

/// The address of what has this name, as the linker has written it, or the loader after it. What is declared `".weak"` may not be there,
/// and is null then; what is `".hidden"` is looked for in what the linker puts together, and nowhere else.
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

/// The addresses of two hidden names.
macro_rules! two_addresses {
    ($first:literal, $second:literal) => {{
        let (first, second): (*const core::ffi::c_void, *const core::ffi::c_void);
        // SAFETY: computes addresses that the linker knows.
        unsafe {
            core::arch::asm!(
                concat!(".hidden ", $first),
                concat!(".hidden ", $second),
                concat!("lea {0}, [rip + ", $first, "]"),
                concat!("lea {1}, [rip + ", $second, "]"),
                out(reg) first,
                out(reg) second,
                options(pure, nomem, nostack, preserves_flags),
            );
        }
        (first, second)
    }};
}
pub(crate) use two_addresses;

/// Where the calling thread is: the instruction, the stack pointer, the frame pointer.
#[inline(always)]
pub(crate) fn registers() -> [u64; 3] {
    let (instruction, stack, frame);
    // SAFETY: reads registers.
    unsafe {
        core::arch::asm!(
            "lea {0}, [rip]",
            "mov {1}, rsp",
            "mov {2}, rbp",
            out(reg) instruction,
            out(reg) stack,
            out(reg) frame,
            options(nomem, nostack, preserves_flags),
        );
    }
    [instruction, stack, frame]
}

/// The address in a word that may be one to return to.
#[inline(always)]
pub(crate) fn address_of_code(word: u64) -> u64 {
    word
}
