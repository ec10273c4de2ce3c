//! The heap of this process, and how the library comes to life.
//!
//! Three moments: the first request of all (the loader's, perhaps) makes the main thread's front end and registers the
//! fork handlers; the constructor, which runs once the C library is there, reads the environment and lets meshing begin;
//! the destructor prints what was asked for.

use core::ptr::NonNull;
use core::sync::atomic::{AtomicI32, AtomicU32, Ordering};

use arena::{Arena, BarrierChoice, BarrierTier, Linux};
use globalheap::{GlobalHeap, Misuse, Report};
use heap::{Remapping, ThreadLocalHeap};
use stack::{Meshed, Policy, ThreadHeap};

use crate::config::WantedBarrier;
use crate::line::Line;
use crate::stop::{Reason, stop};
use crate::tls::{self, Standing};
use crate::{background, config, fork, hazards, map, peek, signals, stop, summary};

/// The allocator: claimed slots for each thread, over spans that are meshed, over pages.
type Heap = Meshed<Policy, ToStandardError>;
/// A thread's front end.
pub(crate) type Front = ThreadHeap<Arena<Linux>, Policy, ToStandardError>;

/// What all threads share.
pub(crate) type Global = GlobalHeap<Arena<Linux>, Policy, ToStandardError>;

/// The heap of this process.
pub(crate) static HEAP: Heap = stack::meshed();

/// The process that the library was set up in; zero before the constructor.
static OWNER: AtomicI32 = AtomicI32::new(0);

/// Reports misuse, at most a few times.
pub(crate) struct ToStandardError;

/// Lines that misuse may bring.
const MOST_REPORTS: u32 = 16;

impl Report for ToStandardError {
    fn misuse(what: Misuse, address: usize) {
        static REPORTS: AtomicU32 = AtomicU32::new(0);
        if REPORTS.fetch_add(1, Ordering::Relaxed) >= MOST_REPORTS {
            return;
        }
        let mut line = Line::new();
        line.text(match what {
            Misuse::DoubleFree => "double free of ",
            Misuse::NotAnObject => "free of what is no object: ",
        });
        line.address(address).print();
    }
}

/// The calling thread's front end, made now if it can have one, and woken if it rests. To be called in a slow path.
pub(crate) fn front() -> Option<NonNull<Front>> {
    match tls::standing() {
        Standing::Attached(front) => Some(front),
        // A handler, while the front end is about to rest or to wake up.
        Standing::Asleep(_) if tls::inside_twice() => None,
        Standing::Asleep(front) => {
            // SAFETY: the calling thread's own.
            unsafe { HEAP.wake(front) };
            tls::set_awake(front);
            Some(front)
        }
        Standing::Retired => None,
        Standing::Idle => attach(),
    }
}

fn attach() -> Option<NonNull<Front>> {
    let front = HEAP.attach()?;
    // Written before anything is called that may allocate.
    tls::set_heap(front);
    fork::register();
    at_thread_end(front);
    hazards::attach();
    Some(front)
}

/// Arranges for the thread's slots to come back when it ends.
fn at_thread_end(front: NonNull<Front>) {
    static KEY: AtomicU32 = AtomicU32::new(0);
    // Key numbers are kept one higher, so that zero means that there is none yet.
    let mut known = KEY.load(Ordering::Acquire);
    if known == 0 {
        let mut key = 0;
        // SAFETY: writes one key; the destructor is a function of this library, which is never unloaded.
        if unsafe { libc::pthread_key_create(&raw mut key, Some(thread_ends)) } != 0 {
            // No keys left: the slots of threads that end stay claimed.
            return;
        }
        known = match KEY.compare_exchange(0, key + 1, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => key + 1,
            Err(other) => {
                // SAFETY: made above, and used by nobody.
                unsafe { libc::pthread_key_delete(key) };
                other
            }
        };
    }
    // SAFETY: the key exists and is never deleted.
    unsafe { libc::pthread_setspecific(known - 1, front.as_ptr().cast_const().cast()) };
}

extern "C" fn thread_ends(_: *mut libc::c_void) {
    if let Standing::Attached(front) | Standing::Asleep(front) = tls::standing() {
        tls::retire();
        tls::within(|| {
            // SAFETY: it was attached by this thread, whose word was the only pointer to it.
            unsafe { HEAP.detach(front) };
        });
        hazards::retire();
    }
}

/// Whether this process is the one that the library was set up in, or a child that came by `fork`.
///
/// A process that shares its memory with another (after `vfork`, or some uses of `clone`) is neither, and must not mesh.
pub(crate) fn is_ours() -> bool {
    // SAFETY: has no preconditions.
    OWNER.load(Ordering::Relaxed) == unsafe { libc::getpid() }
}

/// Notes that this process is ours from now on.
pub(crate) fn adopt() {
    // SAFETY: has no preconditions.
    OWNER.store(unsafe { libc::getpid() }, Ordering::Relaxed);
}

/// Lets meshing begin, or go on. Our handler is in place, or was, before anybody could ask for that.
pub(crate) fn begin_meshing() {
    // SAFETY: the handler makes writers wait for the barrier. Should a raw system call have replaced it since, the guard
    // puts it back.
    unsafe { HEAP.global().enable_meshing_guarded(signals::still_ours) };
}

/// The loader calls it once the C library is there, with the program's arguments.
extern "C" fn constructor(
    _count: i32,
    _arguments: *const *const libc::c_char,
    environment: *const *const libc::c_char,
) {
    adopt();
    // SAFETY: the loader passes the environment, a list of strings that ends with null.
    let config = unsafe { config::read(environment) };
    if let Some(period) = config.period_ms {
        HEAP.global().set_period(period);
    }
    if let Some(decay) = config.decay_ms {
        HEAP.global().pages().set_decay(decay);
    }
    if let Some(mappings) = config.mappings {
        HEAP.global().pages().set_mappings_limit(mappings);
    }
    // Read now: later, a thread that closes all descriptors could put one of its own in the place of the file's.
    let _ = Remapping::mappings_permitted(HEAP.global().pages());
    summary::set_format(config.summary);
    peek::set_stack_end(environment.addr());
    if let Some(signal) = config.map_signal {
        listen_for_maps(signal);
    }
    if config.meshing == Some(false) {
        return stop(Reason::Asked);
    }
    HEAP.global().pages().watch_hazards();
    if config.meshing == Some(true) {
        stop::insist();
    }
    if signals::install() {
        choose_barrier(config.barrier);
        begin_meshing();
        if config.background && !background::start() {
            Line::new().text("no background thread").print();
        }
    } else {
        stop(Reason::NoHandler);
    }
}

/// Lets a signal ask for maps.
fn listen_for_maps(signal: libc::c_int) {
    let words = match map::listen(signal) {
        Ok(()) => return,
        Err(map::Deaf::NoFile) => "ignored: MESH_MAP_SIGNAL without MESH_MAP",
        Err(map::Deaf::NoHandler) => "no handler for MESH_MAP_SIGNAL",
    };
    Line::new().text(words).print();
}

/// The handler of faults is needed with either barrier: a fork protects with `mprotect`.
fn choose_barrier(wanted: WantedBarrier) {
    let choice = match wanted {
        WantedBarrier::Mprotect => return,
        WantedBarrier::Auto => BarrierChoice::Auto,
        WantedBarrier::Userfaultfd => BarrierChoice::Userfaultfd,
    };
    let tier = HEAP.global().pages().choose_barrier(choice);
    if let (WantedBarrier::Userfaultfd, BarrierTier::Mprotect(why)) = (wanted, tier) {
        Line::new()
            .text("MESH_BARRIER=userfaultfd cannot be had: ")
            .text(why.words())
            .print();
    }
}

extern "C" fn destructor() {
    summary::print_if_asked();
    tls::within(map::write_if_asked);
}

#[used]
#[unsafe(link_section = ".init_array")]
static CONSTRUCTOR: extern "C" fn(i32, *const *const libc::c_char, *const *const libc::c_char) =
    constructor;

#[used]
#[unsafe(link_section = ".fini_array")]
static DESTRUCTOR: extern "C" fn() = destructor;
