//! A Rust program with this allocator, that fragments its heap, has it meshed, and prints what that gave back.
//!
//! `cargo run --release -p mesh --example global_allocator`

use std::cell::Cell;
use std::ffi::{c_int, c_void};
use std::mem::MaybeUninit;
use std::ptr;

use kit::{AsGlobal, ThreadLocal, ThreadSlot};
use mesh::{ComplementMesher, Mesh, ThreadHeap, meshed};

#[global_allocator]
static HEAP: AsGlobal<ThreadLocal<Slot, Mesh>> = AsGlobal(
    // SAFETY: `Slot` is used by this heap alone, which is never moved or dropped.
    unsafe { ThreadLocal::new(meshed()) },
);

/// What a thread's word points to.
type Front = ThreadHeap<mesh::MeshHeap<mesh::Arena<mesh::Linux>, ComplementMesher, mesh::Ignore>>;

/// Each thread's own word.
struct Slot;

thread_local! {
    static WORD: Cell<*mut Front> = const { Cell::new(ptr::null_mut()) };
    static END: Retire = const { Retire };
}

/// Gives the thread's front end back when the thread ends.
struct Retire;

impl Drop for Retire {
    fn drop(&mut self) {
        HEAP.0.retire_thread();
    }
}

// SAFETY: the cell is the thread's own, starts with null, and has no destructor.
unsafe impl ThreadSlot<Front> for Slot {
    fn current() -> *mut Front {
        WORD.get()
    }

    unsafe fn set(word: *mut Front) {
        WORD.set(word);
        // Registers the destructor. At the end of the thread that is refused, and not needed any more.
        let _ = END.try_with(|_| ());
    }
}

/// Lets meshing begin: from here on a thread that writes to a protected page waits.
fn enable_meshing() {
    let mut action = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: zeros are a valid action.
    let action = unsafe { action.assume_init_mut() };
    action.sa_sigaction =
        on_fault as extern "C" fn(c_int, *mut libc::siginfo_t, *mut c_void) as usize;
    action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_NODEFER;
    // SAFETY: the handler only waits, or restores the default action.
    let failed = unsafe { libc::sigaction(libc::SIGSEGV, action, ptr::null_mut()) };
    assert_eq!(failed, 0, "SIGSEGV can be handled");
    // SAFETY: the handler makes writers wait. System calls that write into small objects are not taken care of, so this
    // program makes none while meshing is enabled but those that print.
    unsafe { HEAP.0.shared().global().enable_meshing() };
}

extern "C" fn on_fault(_signal: c_int, info: *mut libc::siginfo_t, _context: *mut c_void) {
    thread_local! {
        static LAST: Cell<(usize, u32)> = const { Cell::new((0, 0)) };
    }
    // SAFETY: the kernel passes the fault's information.
    let info = unsafe { &*info };
    // SAFETY: a fault's information has an address.
    let address = unsafe { info.si_addr() }.addr();
    let heap = HEAP.0.shared().global();
    let pages = heap.pages();
    let ours = heap.labels().page_at(address).is_some();
    let fault = (address, pages.barrier().wait_out(pages.os()));
    if !ours || LAST.replace(fault) == fault {
        // Waiting does not help: tried again, the instruction ends the process with the right signal.
        // SAFETY: has no preconditions.
        unsafe { libc::signal(libc::SIGSEGV, libc::SIG_DFL) };
    }
}

/// Physical bytes of spans, and bytes of the slots in use.
fn print(when: &str) {
    let (heap, mesh) = (
        HEAP.0.shared().global().stats(),
        HEAP.0.shared().global().mesh_stats(),
    );
    println!(
        "{when:>14}: {:>6} KiB in spans, {:>6} KiB of them in use, {:>5} pages saved by {} meshes",
        heap.span_bytes >> 10,
        heap.small_bytes >> 10,
        mesh.pages_saved,
        mesh.meshes,
    );
}

fn main() {
    let lines = (0..200_000).map(|nth| format!("{nth:>100} is the number of this line"));
    let mut lines: Vec<String> = lines.collect();
    print("full");
    // One line in seven stays.
    let mut nth = 0;
    lines.retain(|_| {
        nth += 1;
        nth % 7 == 0
    });
    HEAP.0.detach_thread();
    print("fragmented");
    enable_meshing();
    let released = HEAP.0.shared().global().compact();
    print("meshed");
    println!("{} KiB were released", released >> 10);

    let threads: Vec<_> = (0..4)
        .map(|number| {
            let some: Vec<String> = lines.iter().skip(number).step_by(4).cloned().collect();
            std::thread::spawn(move || some.iter().map(String::len).sum::<usize>())
        })
        .collect();
    let bytes: usize = threads
        .into_iter()
        .map(|thread| thread.join().expect("it counts"))
        .sum();
    assert_eq!(bytes, lines.iter().map(String::len).sum());
    assert!(
        lines
            .iter()
            .enumerate()
            .all(|(nth, line)| line.contains(&format!(" {} is", 7 * nth + 6)))
    );
    print("at the end");
    let threads = HEAP.0.shared().stats();
    println!(
        "{} front ends were made, {} serve a thread",
        threads.made, threads.attached
    );
}
