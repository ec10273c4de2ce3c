//! The start of a firmware, in the form of a program without any library: the pool of the kit is all the memory it has.
//!
//! It ends with 0 when frames come and go as often as they like, and come back to it from the blocks it has given back.
#![no_std]
#![no_main]

extern crate pool;

use core::arch::asm;
use core::panic::PanicInfo;

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    exit(2)
}

/// The only thing that is asked of whatever runs this.
fn exit(status: i32) -> ! {
    // SAFETY: exit(2) does not return.
    unsafe { asm!("syscall", in("rax") 60, in("rdi") status, options(noreturn)) }
}

/// Named by the compiler's own libraries, as they are built for systems that unwind; here nothing does.
#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() {}

#[unsafe(no_mangle)]
unsafe extern "C" fn memcpy(to: *mut u8, from: *const u8, len: usize) -> *mut u8 {
    for at in 0..len {
        // SAFETY: both are valid for `len` bytes. Volatile, so that this is not made a call of itself.
        unsafe { to.add(at).write_volatile(from.add(at).read_volatile()) };
    }
    to
}

#[unsafe(no_mangle)]
unsafe extern "C" fn memset(to: *mut u8, byte: i32, len: usize) -> *mut u8 {
    for at in 0..len {
        // SAFETY: valid for `len` bytes. Volatile as before.
        unsafe { to.add(at).write_volatile(byte as u8) };
    }
    to
}

/// Linked, but never called.
#[unsafe(no_mangle)]
extern "C" fn memmove() -> ! {
    exit(3)
}

/// Linked, but never called.
#[unsafe(no_mangle)]
extern "C" fn memcmp() -> ! {
    exit(3)
}

#[unsafe(no_mangle)]
extern "C" fn _start() -> ! {
    // SAFETY: the stack is aligned as for any function.
    unsafe { asm!("and rsp, -16", "call {}", "ud2", sym run, options(noreturn)) }
}

extern "C" fn run() -> ! {
    let first = pool::measurement(1, -3);
    for nth in 0..1000 {
        let frame = pool::measurement(nth, 3);
        if frame[..4] != [(nth >> 8) as u8, nth as u8, 0, 3] || frame.as_ptr() == first.as_ptr() {
            exit(1);
        }
    }
    exit(if first[..4] == [0, 1, 0xff, 0xfd] {
        0
    } else {
        1
    })
}
