//! A failed `new` in a static program, whose C++ library has no other operator by that name: the new-handler is run, and
//! `std::bad_alloc` is thrown, by functions of the C++ library that it has for itself.
//!
//! No exception passes through a Rust frame here either: the handler is called, and the exception thrown, by a few instructions.
//! The forms that do not throw catch what the handler throws, and return null.

use core::arch::{asm, naked_asm};
use core::ffi::c_void;

use crate::face::c;

/// Declares what such an operator does when `$allocate` has nothing: with the size in rdi and the second argument in rsi. `$end`
/// is what it does when there is no handler, or no handler any more.
macro_rules! failed {
    ($name:ident, $allocate:path, $begin:expr, $end:expr) => {
        #[unsafe(naked)]
        pub(super) unsafe extern "C" fn $name() {
            naked_asm!(
                ".cfi_startproc",
                $begin,
                ".weak _ZSt15get_new_handlerv",
                ".hidden _ZSt15get_new_handlerv",
                "push rdi",
                ".cfi_adjust_cfa_offset 8",
                "push rsi",
                ".cfi_adjust_cfa_offset 8",
                "sub rsp, 8",
                ".cfi_adjust_cfa_offset 8",
                "2:",
                "mov rax, [rip + _ZSt15get_new_handlerv@GOTPCREL]",
                "test rax, rax",
                "je 3f",
                "call rax",
                "test rax, rax",
                "je 3f",
                "4:",
                "call rax",
                "5:",
                "mov rdi, [rsp + 16]",
                "mov rsi, [rsp + 8]",
                "call {allocate}",
                "test rax, rax",
                "je 2b",
                "add rsp, 24",
                ".cfi_remember_state",
                ".cfi_adjust_cfa_offset -24",
                "ret",
                ".cfi_restore_state",
                $end,
                ".cfi_endproc",
                allocate = sym $allocate,
            )
        }
    };
}

macro_rules! throws {
    () => {
        concat!(
            ".weak _ZSt17__throw_bad_allocv\n",
            ".hidden _ZSt17__throw_bad_allocv\n",
            "3: add rsp, 24\n",
            ".cfi_adjust_cfa_offset -24\n",
            "jmp [rip + _ZSt17__throw_bad_allocv@GOTPCREL]\n",
        )
    };
}

/// Catches what the handler throws, which is called between 4 and 5. The table says so, as compilers write it: one call site,
/// whose landing pad catches everything.
macro_rules! catches {
    ($label:literal) => {
        concat!(
            ".weak __cxa_begin_catch\n",
            ".hidden __cxa_begin_catch\n",
            ".weak __cxa_end_catch\n",
            ".hidden __cxa_end_catch\n",
            "6: mov rdi, rax\n",
            "call [rip + __cxa_begin_catch@GOTPCREL]\n",
            "call [rip + __cxa_end_catch@GOTPCREL]\n",
            "3: xor eax, eax\n",
            "add rsp, 24\n",
            ".cfi_adjust_cfa_offset -24\n",
            "ret\n",
            "7:\n",
            ".pushsection .gcc_except_table,\"a\",@progbits\n",
            ".p2align 2\n",
            "mesh_table_of_",
            $label,
            ": .byte 0xff, 0x9b\n",
            ".uleb128 93f-91f\n",
            "91: .byte 0x01\n",
            ".uleb128 95f-94f\n",
            "94: .uleb128 4b-1b\n",
            ".uleb128 5b-4b\n",
            ".uleb128 6b-1b\n",
            ".uleb128 1\n",
            ".uleb128 5b-1b\n",
            ".uleb128 7b-5b\n",
            ".uleb128 0\n",
            ".uleb128 0\n",
            "95: .byte 1, 0\n",
            ".p2align 2\n",
            ".long 0\n",
            "93:\n",
            ".popsection\n",
        )
    };
}

/// What a function that catches begins with: who reads its table, and where that is.
macro_rules! catching {
    ($label:literal) => {
        concat!(
            "1:\n",
            ".cfi_personality 0x9b, mesh_personality\n",
            ".cfi_lsda 0x1b, mesh_table_of_",
            $label,
            "\n",
        )
    };
}

// Where the personality of C++ is, which reads the tables; nowhere in a program of C, where nothing throws.
core::arch::global_asm!(
    ".weak __gxx_personality_v0",
    ".hidden __gxx_personality_v0",
    ".pushsection .data.rel.ro.mesh_personality,\"aw\",@progbits",
    ".p2align 3",
    ".hidden mesh_personality",
    ".globl mesh_personality",
    "mesh_personality: .quad __gxx_personality_v0",
    ".popsection",
);

failed!(plain, c::malloc, "", throws!());
failed!(aligned, super::aligned, "", throws!());
failed!(
    plain_or_null,
    c::malloc,
    catching!("plain"),
    catches!("plain")
);
failed!(
    aligned_or_null,
    super::aligned,
    catching!("aligned"),
    catches!("aligned")
);

/// Whether the program has what throws.
pub(super) fn can_throw() -> bool {
    let throws: *const c_void;
    // SAFETY: reads an address that the linker has written.
    unsafe {
        asm!(
            ".weak _ZSt17__throw_bad_allocv",
            ".hidden _ZSt17__throw_bad_allocv",
            "mov {0}, qword ptr [rip + _ZSt17__throw_bad_allocv@GOTPCREL]",
            out(reg) throws,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    !throws.is_null()
}
