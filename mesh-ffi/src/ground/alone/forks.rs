//! Fork.
//!
//! The C library's own `fork` is in the program by another name. It calls `_Fork`, which is ours, and runs the handlers that were
//! registered; the registry is ours as well, since it cannot be both there and here by the same name.

use core::cell::UnsafeCell;
use core::ffi::{c_int, c_void};
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use arena::os::syscall;

use crate::ground::system;

use super::linked::{fetched, linked};
use super::{StandIn, answer};

type Handler = Option<unsafe extern "C" fn()>;

/// What is called around a fork.
#[derive(Clone, Copy)]
struct Handlers {
    before: Handler,
    after: Handler,
    in_child: Handler,
}

/// Handlers that can be registered.
const MOST: usize = 256;

/// The handlers, in the order in which they were registered.
struct Registry {
    handlers: UnsafeCell<[Handlers; MOST]>,
    /// How many there are. Only grows.
    count: AtomicUsize,
    busy: AtomicBool,
}

// SAFETY: an entry is written before it is counted, by who has set `busy`, and not changed afterwards.
unsafe impl Sync for Registry {}

static REGISTRY: Registry = Registry {
    handlers: UnsafeCell::new(
        [Handlers {
            before: None,
            after: None,
            in_child: None,
        }; MOST],
    ),
    count: AtomicUsize::new(0),
    busy: AtomicBool::new(false),
};

impl Registry {
    /// The handlers so far.
    fn registered(&self) -> &[Handlers] {
        // Acquire: pairs with the release in `register_atfork`.
        let count = self.count.load(Ordering::Acquire);
        // SAFETY: so many were written, and do not change.
        unsafe { core::slice::from_raw_parts(self.handlers.get().cast(), count) }
    }
}

extern "C" fn register_atfork(
    before: Handler,
    after: Handler,
    in_child: Handler,
    _object: *mut c_void,
) -> c_int {
    while REGISTRY.busy.swap(true, Ordering::Acquire) {
        system::yield_now();
    }
    let count = REGISTRY.count.load(Ordering::Relaxed);
    if count < MOST {
        let place = REGISTRY
            .handlers
            .get()
            .cast::<Handlers>()
            .wrapping_add(count);
        // SAFETY: within the array, and read by nobody before it is counted.
        unsafe {
            place.write(Handlers {
                before,
                after,
                in_child,
            });
        }
        REGISTRY.count.store(count + 1, Ordering::Release);
    }
    REGISTRY.busy.store(false, Ordering::Release);
    if count < MOST { 0 } else { libc::ENOMEM }
}

fn call(handler: Handler) {
    if let Some(handler) = handler {
        // SAFETY: who registered it said that it may be called.
        unsafe { handler() };
    }
}

/// Before a fork: the last one first. Returns how many were called.
extern "C" fn run_before() -> usize {
    let handlers = REGISTRY.registered();
    for handlers in handlers.iter().rev() {
        call(handlers.before);
    }
    handlers.len()
}

/// What the C library means by the first argument below.
const BEFORE: c_int = 0;
const IN_CHILD: c_int = 1;

/// After a fork, those that were called before it: the first one first.
extern "C" fn run_after(who: c_int, _locking: bool, called: usize) {
    for handlers in REGISTRY.registered().iter().take(called) {
        call(if who == IN_CHILD {
            handlers.in_child
        } else {
            handlers.after
        });
    }
}

/// Both, as the C library had it before 2.37.
extern "C" fn run(who: c_int, locking: bool) {
    if who == BEFORE {
        run_before();
    } else {
        run_after(who, locking, REGISTRY.registered().len());
    }
}

extern "C" fn unregister_atfork(_object: *mut c_void) {
    // Nothing is ever unloaded.
}

// By the C library's names, for its own calls. Hidden: only what is linked with us can mean them.
macro_rules! for_c_library {
    ($($name:literal = $function:path;)*) => {
        $(core::arch::global_asm!(
            concat!(".pushsection .text.", $name, ",\"ax\",@progbits"),
            concat!(".hidden ", $name),
            concat!(".globl ", $name),
            concat!(".type ", $name, ", @function"),
            concat!($name, ":"),
            "jmp {function}",
            concat!(".size ", $name, ", . - ", $name),
            ".popsection",
            function = sym $function,
        );)*
    };
}

for_c_library! {
    "__clock_adjtime" = super::shaped::clock_adjtime;
    "__run_prefork_handlers" = run_before;
    "__run_postfork_handlers" = run_after;
    "__run_fork_handlers" = run;
    "__unregister_atfork" = unregister_atfork;
}

/// Where the kernel knows the calling thread's list of robust locks, and where the C library has the thread's number: in front of
/// it. `None` if it is not there.
fn thread_record() -> Option<(usize, usize)> {
    /// Bytes from the number to the list: the number, an unused word, and the list's link backwards.
    const BEFORE_LIST: usize = 16;
    let (mut list, mut len) = (0_usize, 0_usize);
    let (list_at, len_at) = (&raw mut list, &raw mut len);
    let arguments = [
        0,
        list_at.expose_provenance(),
        len_at.expose_provenance(),
        0,
        0,
        0,
    ];
    // SAFETY: room for both words.
    if unsafe { syscall(libc::SYS_get_robust_list, arguments) } != 0 || list == 0 {
        return None;
    }
    let number = core::ptr::with_exposed_provenance::<i32>(list - BEFORE_LIST);
    // SAFETY: the list lies in the C library's record of the thread, of which this is a part.
    let number_there = unsafe { number.read() };
    (number_there == system::thread_number()).then_some((number.addr(), list))
}

/// `_Fork`: the child has its own number in the C library's record, and no robust locks.
extern "C" fn fork_alone() -> c_int {
    let record = thread_record();
    let (number, flags) = match record {
        Some((number, _)) => (
            number,
            libc::CLONE_CHILD_SETTID | libc::CLONE_CHILD_CLEARTID,
        ),
        None => (0, 0),
    };
    let flags = (flags | libc::SIGCHLD) as usize;
    // SAFETY: a fork; the number's place is the C library's for it.
    let made = unsafe { syscall(libc::SYS_clone, [flags, 0, 0, number, 0, 0]) };
    if let (0, Some((_, list))) = (made, record) {
        let first = core::ptr::with_exposed_provenance_mut::<usize>(list);
        // SAFETY: the list's head, which is empty when it leads to itself.
        unsafe { first.write(list) };
        let back = first.wrapping_sub(1);
        // SAFETY: the link backwards lies in front of the head.
        unsafe { back.write(list) };
        // SAFETY: the head has three words.
        let _ = unsafe {
            syscall(
                libc::SYS_set_robust_list,
                [list, 3 * size_of::<usize>(), 0, 0, 0, 0],
            )
        };
    }
    answer(made) as c_int
}

/// All of them.
pub(super) const ALL: &[StandIn] = &[
    StandIn::new(c"__register_atfork", register_atfork as *const ()),
    StandIn::new(c"_Fork", fork_alone as *const ()),
    StandIn::linked(c"fork", linked!("__libc_fork")),
    StandIn::linked(c"clone", fetched!("__clone")),
    StandIn::linked(c"_IO_list_lock", linked!("_IO_list_lock")),
    StandIn::linked(c"_IO_list_unlock", linked!("_IO_list_unlock")),
    StandIn::linked(c"_IO_list_resetlock", linked!("_IO_list_resetlock")),
    StandIn::linked(c"__libc_single_threaded", linked!("__libc_single_threaded")),
];
