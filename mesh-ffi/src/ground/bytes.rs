//! `memcpy` and its like, which the compiler calls by these names: the C library's own, not a program's.
//!
//! In `libmesh.so` the linker reads `memcpy` as `mesh_memcpy` (see `build.rs`). Before the C library is known, simple loops of
//! the processor do. `libmesh.a` is linked with the program's, as anything in the program is.

use core::ffi::c_void;
use core::sync::atomic::{AtomicPtr, Ordering};

use crate::ground::resolved::Next;

/// Declares `$symbol`, which goes on where `$place` leads: to `$simple`, and from [`adopt`] on to the C library's `$name`.
macro_rules! bytes {
    ($($place:ident = $symbol:literal, $name:literal, $simple:ident;)*) => {
        $(
            static $place: AtomicPtr<c_void> = AtomicPtr::new($simple as *mut c_void);
            core::arch::global_asm!(
                concat!(".pushsection .text.", $symbol, ",\"ax\",@progbits"),
                concat!(".hidden ", $symbol),
                concat!(".globl ", $symbol),
                concat!(".type ", $symbol, ", @function"),
                concat!($symbol, ":"),
                ".cfi_startproc",
                "jmp qword ptr [rip + {place}]",
                ".cfi_endproc",
                concat!(".size ", $symbol, ", . - ", $symbol),
                ".popsection",
                place = sym $place,
            );
        )*

        /// Takes the C library's. To be called when all names were looked up.
        pub(crate) fn adopt() {
            $({
                #[unsafe(link_section = "mesh_next")]
                static OWN: Next = Next::of_c_library($name);
                let own = OWN.address();
                if !own.is_null() {
                    $place.store(own, Ordering::Relaxed);
                }
            })*
        }
    };
}

bytes! {
    COPY = "mesh_memcpy", c"memcpy", simple_move;
    MOVE = "mesh_memmove", c"memmove", simple_move;
    SET = "mesh_memset", c"memset", simple_set;
    COMPARE = "mesh_memcmp", c"memcmp", simple_compare;
    DIFFER = "mesh_bcmp", c"bcmp", simple_compare;
    LENGTH = "mesh_strlen", c"strlen", simple_length;
}

#[unsafe(naked)]
extern "C" fn simple_move() {
    core::arch::naked_asm!(
        "mov rax, rdi",
        "mov rcx, rdx",
        "mov rdx, rdi",
        "sub rdx, rsi",
        "cmp rdx, rcx",
        // Less only where the target begins within the source: then from the end.
        "jb 2f",
        "rep movsb",
        "ret",
        "2:",
        "lea rdi, [rdi + rcx - 1]",
        "lea rsi, [rsi + rcx - 1]",
        "std",
        "rep movsb",
        "cld",
        "ret",
    )
}

#[unsafe(naked)]
extern "C" fn simple_set() {
    core::arch::naked_asm!(
        "mov r8, rdi",
        "mov eax, esi",
        "mov rcx, rdx",
        "rep stosb",
        "mov rax, r8",
        "ret",
    )
}

#[unsafe(naked)]
extern "C" fn simple_compare() {
    core::arch::naked_asm!(
        "xor eax, eax",
        "mov rcx, rdx",
        // Equal, where there is nothing to compare.
        "cmp eax, eax",
        "repe cmpsb",
        "je 2f",
        "movzx eax, byte ptr [rdi - 1]",
        "movzx ecx, byte ptr [rsi - 1]",
        "sub ecx, eax",
        "mov eax, ecx",
        "2:",
        "ret",
    )
}

#[unsafe(naked)]
extern "C" fn simple_length() {
    core::arch::naked_asm!(
        "lea rax, [rdi - 1]",
        "2:",
        "inc rax",
        "cmp byte ptr [rax], 0",
        "jne 2b",
        "sub rax, rdi",
        "ret",
    )
}
