//! The trace of this process.
//!
//! It begins with the constructor and ends with the destructor, or with `_exit`. A child that comes by `fork` records
//! nothing: its copy of the flag is false, so it never asks for the lock that another thread may have held.

use core::ffi::{CStr, c_char, c_int};
use core::ptr::null_mut;
use core::sync::atomic::{AtomicBool, AtomicI32, AtomicPtr, AtomicU64, Ordering};

use heap::{Guard, Mutex, RawLock};
use trace::{How, Moment, Recorder};

use crate::file::File;
use crate::kernel;
use crate::system::{Process, flag_of_this_process};

/// A lock whose waiters let others run.
struct Patient(AtomicBool);

// SAFETY: the flag goes from false to true for one caller at a time, and the release store of `unlock` pairs with the
// acquire exchange of the next `try_lock`.
unsafe impl RawLock for Patient {
    const OPEN: Self = Self(AtomicBool::new(false));

    fn lock(&self) {
        while !self.try_lock() {
            kernel::give_way();
        }
    }

    fn try_lock(&self) -> bool {
        self.0
            .compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed)
            .is_ok()
    }

    unsafe fn unlock(&self) {
        self.0.store(false, Ordering::Release);
    }
}

type Locked = Guard<'static, Patient, Recorder<Process>>;

static RECORDER: Mutex<Patient, Recorder<Process>> =
    Mutex::new(Recorder::new(Process { file: None }));

/// Null before the start; then a flag that is true in this process only.
static OURS: AtomicPtr<AtomicBool> = AtomicPtr::new(null_mut());
/// The process that records, and when it began, in milliseconds.
static OWNER: AtomicI32 = AtomicI32::new(0);
static BEGAN: AtomicU64 = AtomicU64::new(0);

/// Milliseconds of a clock that is cheap to read, and exact to four of them.
fn now() -> u64 {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the place is ours.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC_COARSE, &raw mut time) };
    time.tv_sec.cast_unsigned() * 1_000 + time.tv_nsec.cast_unsigned() / 1_000_000
}

/// The recorder, if this process records.
fn recorder() -> Option<Locked> {
    let flag = OURS.load(Ordering::Acquire);
    // SAFETY: when it is not null, the flag lies in a mapping that is never unmapped.
    let ours = !flag.is_null() && unsafe { &*flag }.load(Ordering::Relaxed);
    ours.then(|| RECORDER.lock())
}

fn moment() -> Moment {
    Moment {
        time: now().saturating_sub(BEGAN.load(Ordering::Relaxed)),
        // SAFETY: has no preconditions.
        thread: unsafe { libc::pthread_self() },
    }
}

/// A block was granted.
pub(crate) fn allocated(address: usize, size: usize, how: How) {
    if address == 0 {
        return;
    }
    if let Some(mut recorder) = recorder() {
        recorder.allocated(moment(), address as u64, size as u64, how);
    }
}

/// A block is about to be given back.
pub(crate) fn freed(address: usize) {
    if let Some(mut recorder) = recorder() {
        recorder.freed(moment(), address as u64);
    }
}

/// A block is about to be resized: its object, if it is known.
pub(crate) fn resizing(address: usize) -> Option<u32> {
    recorder()?.resizing(address as u64)
}

/// A block was resized, and is at `address` now; at zero it could not be, and is at `before`.
pub(crate) fn resized(object: Option<u32>, before: usize, address: usize, size: usize) {
    let Some(mut recorder) = recorder() else {
        return;
    };
    match (object, address) {
        (Some(object), 0) => recorder.kept(object, before as u64),
        (Some(object), address) => {
            recorder.resized(moment(), object, address as u64, size as u64);
        }
        (None, 0) => {}
        (None, address) => {
            recorder.allocated(moment(), address as u64, size as u64, How::Plain);
        }
    }
}

/// Writes the end of the trace, if it is this process's: a child of `vfork` has the flag too.
pub(crate) fn finish() {
    if OWNER.load(Ordering::Relaxed) == kernel::process_id()
        && let Some(mut recorder) = recorder()
    {
        recorder.finish();
    }
}

/// The value of `MESH_TRACE`.
///
/// # Safety
/// `environment` is null or a list of strings that ends with null.
unsafe fn file_name(environment: *const *const c_char) -> Option<&'static [u8]> {
    // A program with more rights than its user listens to nobody.
    // SAFETY: has no preconditions.
    if environment.is_null() || unsafe { libc::getauxval(libc::AT_SECURE) } != 0 {
        return None;
    }
    let mut at = environment;
    loop {
        // SAFETY: not past the null that ends the list.
        let variable = unsafe { at.read() };
        if variable.is_null() {
            return None;
        }
        // SAFETY: a string of the list.
        let variable = unsafe { CStr::from_ptr(variable) }.to_bytes();
        if let Some(value) = variable.strip_prefix(b"MESH_TRACE=") {
            return (!value.is_empty()).then_some(value);
        }
        // SAFETY: there is at least the null behind.
        at = unsafe { at.add(1) };
    }
}

/// The loader calls it once the C library is there, with the program's arguments.
extern "C" fn constructor(
    _count: c_int,
    _arguments: *const *const c_char,
    environment: *const *const c_char,
) {
    // SAFETY: the loader passes the environment, a list of strings that ends with null.
    let Some(name) = (unsafe { file_name(environment) }) else {
        return;
    };
    let flag = flag_of_this_process();
    if flag.is_null() {
        return kernel::complain(&[b"no memory"]);
    }
    let Some(file) = File::create(name) else {
        return;
    };
    OWNER.store(kernel::process_id(), Ordering::Relaxed);
    BEGAN.store(now(), Ordering::Relaxed);
    let mut recorder = RECORDER.lock();
    recorder.system().file = Some(file);
    recorder.begin();
    drop(recorder);
    OURS.store(flag, Ordering::Release);
}

extern "C" fn destructor() {
    finish();
}

#[used]
#[unsafe(link_section = ".init_array")]
static CONSTRUCTOR: extern "C" fn(c_int, *const *const c_char, *const *const c_char) = constructor;

#[used]
#[unsafe(link_section = ".fini_array")]
static DESTRUCTOR: extern "C" fn() = destructor;
