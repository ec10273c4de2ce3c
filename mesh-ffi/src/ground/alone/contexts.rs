//! Contexts. The C library's `setcontext` is in the program; these are the three that are ours by name.

use core::mem::offset_of;
use core::ptr::with_exposed_provenance_mut;

use libc::{c_int, ucontext_t as Context};

use super::StandIn;

/// Bytes from a context's start to a register.
const fn register(number: c_int) -> usize {
    offset_of!(Context, uc_mcontext) + number as usize * size_of::<usize>()
}

/// Where a context keeps the state of its floating point unit, behind its public part: the environment, in which the control word
/// of SSE comes at this offset.
const FLOATS: usize = offset_of!(Context, uc_sigmask) + 128;
const SSE: usize = FLOATS + 24;

/// Saves what a call keeps in the context at rdi, and the thread's mask.
macro_rules! saving {
    ($($then:literal),* ; $($name:ident = sym $symbol:path)?) => {
        core::arch::naked_asm!(
            "mov [rdi + {rbx}], rbx",
            "mov [rdi + {rbp}], rbp",
            "mov [rdi + {r12}], r12",
            "mov [rdi + {r13}], r13",
            "mov [rdi + {r14}], r14",
            "mov [rdi + {r15}], r15",
            "mov [rdi + {rdi}], rdi",
            "mov [rdi + {rsi}], rsi",
            "mov [rdi + {rdx}], rdx",
            "mov [rdi + {rcx}], rcx",
            "mov [rdi + {r8}], r8",
            "mov [rdi + {r9}], r9",
            // Where the call returns to, and the stack as it is then.
            "mov rcx, [rsp]",
            "mov [rdi + {rip}], rcx",
            "lea rcx, [rsp + 8]",
            "mov [rdi + {rsp}], rcx",
            "lea rcx, [rdi + {floats}]",
            "mov [rdi + {fpregs}], rcx",
            "fnstenv [rcx]",
            "fldenv [rcx]",
            "stmxcsr [rdi + {sse}]",
            "mov r8, rsi",
            "lea rdx, [rdi + {mask}]",
            "xor edi, edi",
            "xor esi, esi",
            "mov r10d, 8",
            "mov eax, {sigprocmask}",
            "syscall",
            $($then,)*
            rbx = const register(libc::REG_RBX),
            rbp = const register(libc::REG_RBP),
            r12 = const register(libc::REG_R12),
            r13 = const register(libc::REG_R13),
            r14 = const register(libc::REG_R14),
            r15 = const register(libc::REG_R15),
            rdi = const register(libc::REG_RDI),
            rsi = const register(libc::REG_RSI),
            rdx = const register(libc::REG_RDX),
            rcx = const register(libc::REG_RCX),
            r8 = const register(libc::REG_R8),
            r9 = const register(libc::REG_R9),
            rip = const register(libc::REG_RIP),
            rsp = const register(libc::REG_RSP),
            fpregs = const offset_of!(Context, uc_mcontext) + offset_of!(libc::mcontext_t, fpregs),
            floats = const FLOATS,
            sse = const SSE,
            mask = const offset_of!(Context, uc_sigmask),
            sigprocmask = const libc::SYS_rt_sigprocmask,
            $($name = sym $symbol,)?
        )
    };
}

#[unsafe(naked)]
unsafe extern "C" fn getcontext(_: *mut Context) -> c_int {
    saving!("xor eax, eax", "ret";)
}

#[unsafe(naked)]
unsafe extern "C" fn swapcontext(_: *mut Context, _: *const Context) -> c_int {
    saving!("mov rdi, r8", "jmp [rip + setcontext@GOTPCREL]";)
}

/// Takes the arguments that are in registers behind the first three, and those on the stack.
#[unsafe(naked)]
unsafe extern "C" fn makecontext() {
    core::arch::naked_asm!(
        ".cfi_startproc",
        "lea rax, [rsp + 8]",
        "push r9",
        "push r8",
        "push rcx",
        ".cfi_adjust_cfa_offset 24",
        "mov rcx, rsp",
        "mov r8, rax",
        "call {make}",
        "add rsp, 24",
        ".cfi_adjust_cfa_offset -24",
        "ret",
        ".cfi_endproc",
        make = sym make,
    )
}

/// The arguments of a call that come in registers, and those of `makecontext` for it that do.
const IN_REGISTERS: [c_int; 6] = [
    libc::REG_RDI,
    libc::REG_RSI,
    libc::REG_RDX,
    libc::REG_RCX,
    libc::REG_R8,
    libc::REG_R9,
];
const FIRST: usize = 3;

/// # Safety
/// As for `makecontext`: `first` leads to three arguments, `others` to the rest.
unsafe extern "C" fn make(
    context: *mut Context,
    function: usize,
    count: c_int,
    first: *const usize,
    others: *const usize,
) {
    let count = usize::try_from(count).unwrap_or(0);
    // SAFETY: the program's context, whose stack is named (contract).
    let context = unsafe { &mut *context };
    let on_stack = count.saturating_sub(IN_REGISTERS.len());
    let end = context.uc_stack.ss_sp.expose_provenance() + context.uc_stack.ss_size;
    // The link comes behind the arguments; the stack is aligned as after a call.
    let stack = ((end - (on_stack + 1) * size_of::<usize>()) & !15) - size_of::<usize>();
    let word = |index: usize| with_exposed_provenance_mut::<usize>(stack).wrapping_add(index);
    let link = word(1 + on_stack);
    let mut set = |register: c_int, value: usize| {
        context.uc_mcontext.gregs[register as usize] = value as i64;
    };
    set(libc::REG_RIP, function);
    set(libc::REG_RSP, stack);
    set(libc::REG_RBX, link.expose_provenance());
    for index in 0..count {
        let from = if index < FIRST {
            first.wrapping_add(index)
        } else {
            others.wrapping_add(index - FIRST)
        };
        // SAFETY: the program has passed so many (contract).
        let argument = unsafe { from.read() };
        match IN_REGISTERS.get(index) {
            Some(&register) => set(register, argument),
            // SAFETY: within the context's stack.
            None => unsafe { word(1 + index - IN_REGISTERS.len()).write(argument) },
        }
    }
    // SAFETY: as above.
    unsafe { word(0).write(finish as *const () as usize) };
    // SAFETY: as above.
    unsafe { link.write(context.uc_link.expose_provenance()) };
}

/// Where the context's function returns to: goes on with the linked context, or ends the program.
#[unsafe(naked)]
unsafe extern "C" fn finish() {
    core::arch::naked_asm!(
        "mov rsp, rbx",
        "mov rdi, [rsp]",
        "and rsp, -16",
        "test rdi, rdi",
        "je 2f",
        "call [rip + setcontext@GOTPCREL]",
        "2:",
        "xor edi, edi",
        "call [rip + exit@GOTPCREL]",
        "ud2",
    )
}

/// All of them.
pub(super) const ALL: &[StandIn] = &[
    StandIn::new(c"getcontext", getcontext as *const ()),
    StandIn::new(c"swapcontext", swapcontext as *const ()),
    StandIn::new(c"makecontext", makecontext as *const ()),
];

// The places that the C library's `setcontext` reads.
const _: () = assert!(register(libc::REG_R8) == 40 && FLOATS == 424);
