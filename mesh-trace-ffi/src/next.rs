//! The allocator behind this library.

use core::ffi::{CStr, c_void};
use core::ptr::null_mut;
use core::sync::atomic::{AtomicI32, AtomicPtr, Ordering};

use crate::kernel;

/// A function of the next allocator.
#[derive(Clone, Copy)]
pub(crate) enum Function {
    Malloc,
    Calloc,
    Realloc,
    Free,
    Memalign,
    AlignedAlloc,
    PosixMemalign,
    Exit,
}

const NAMES: [&CStr; 8] = [
    c"malloc",
    c"calloc",
    c"realloc",
    c"free",
    c"memalign",
    c"aligned_alloc",
    c"posix_memalign",
    c"_exit",
];

static FOUND: [AtomicPtr<c_void>; NAMES.len()] =
    [const { AtomicPtr::new(null_mut()) }; NAMES.len()];

/// Zero before anybody has looked, `DONE` after; between, the thread that looks.
static SEEKER: AtomicI32 = AtomicI32::new(0);
const DONE: i32 = -1;

/// Where `function` is. Null for the thread that looks for it right now, and where there is none.
pub(crate) fn address(function: Function) -> *mut c_void {
    // Pairs with the release store in `look`.
    if SEEKER.load(Ordering::Acquire) != DONE && !look() {
        return null_mut();
    }
    FOUND[function as usize].load(Ordering::Relaxed)
}

/// Looks all functions up, or waits for who does; false when that is the calling thread.
#[cold]
#[inline(never)]
fn look() -> bool {
    let own = kernel::thread_id();
    match SEEKER.compare_exchange(0, own, Ordering::Acquire, Ordering::Acquire) {
        Ok(_) => {
            for (name, found) in NAMES.iter().zip(&FOUND) {
                // SAFETY: the name ends with a zero byte.
                let address = unsafe { libc::dlsym(libc::RTLD_NEXT, name.as_ptr()) };
                found.store(address, Ordering::Relaxed);
            }
            SEEKER.store(DONE, Ordering::Release);
            true
        }
        Err(seeker) if seeker == own => false,
        Err(_) => {
            while SEEKER.load(Ordering::Acquire) != DONE {
                kernel::give_way();
            }
            true
        }
    }
}

/// Calls a function of the next allocator; `$otherwise` where there is none yet.
macro_rules! next {
    ($function:ident ( $($argument:ident : $type:ty),* ) -> $result:ty, $otherwise:expr) => {{
        let address = $crate::next::address($crate::next::Function::$function);
        if address.is_null() {
            $otherwise
        } else {
            type Signature = unsafe extern "C" fn($($type),*) -> $result;
            // SAFETY: the address of a function of this type.
            let function = unsafe { core::mem::transmute::<*mut core::ffi::c_void, Signature>(address) };
            // SAFETY: the contract of the function, which our caller keeps.
            unsafe { function($($argument),*) }
        }
    }};
}
pub(crate) use next;
