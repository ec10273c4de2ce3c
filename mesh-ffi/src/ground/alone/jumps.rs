//! Places to jump to. The C library's `longjmp` is in the program, and finds what is saved here as its own `setjmp` saves it.

use libc::c_int;

use super::StandIn;

/// Saves what a call keeps, in the buffer at rdi, with the addresses in it mangled as the C library mangles them; then the mask, if
/// esi is not zero.
macro_rules! saving {
    ($($first:literal),*) => {
        core::arch::naked_asm!(
            $($first,)*
            "mov [rdi], rbx",
            "mov rax, rbp",
            "xor rax, fs:[0x30]",
            "rol rax, 17",
            "mov [rdi + 8], rax",
            "mov [rdi + 16], r12",
            "mov [rdi + 24], r13",
            "mov [rdi + 32], r14",
            "mov [rdi + 40], r15",
            "lea rdx, [rsp + 8]",
            "xor rdx, fs:[0x30]",
            "rol rdx, 17",
            "mov [rdi + 48], rdx",
            "mov rax, [rsp]",
            "xor rax, fs:[0x30]",
            "rol rax, 17",
            "mov [rdi + 56], rax",
            "jmp [rip + __sigjmp_save@GOTPCREL]",
        )
    };
}

#[unsafe(naked)]
unsafe extern "C" fn sigsetjmp(_: usize, _: c_int) -> c_int {
    saving!()
}

#[unsafe(naked)]
unsafe extern "C" fn setjmp(_: usize) -> c_int {
    saving!("mov esi, 1")
}

/// All of them.
pub(super) const ALL: &[StandIn] = &[
    StandIn::new(c"__sigsetjmp", sigsetjmp as *const ()),
    StandIn::new(c"setjmp", setjmp as *const ()),
];
