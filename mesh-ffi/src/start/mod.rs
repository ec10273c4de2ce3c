//! How the library comes to life, and what it does at the end.
//!
//! The constructor, which runs once the C library is there, registers the fork handlers, reads the environment, sees to it that
//! the C library's own objects are kept apart, and lets meshing begin; the destructor prints what was asked for.

mod apart;
mod conf;
mod config;
#[cfg(jemalloc_names)]
mod malloc_conf;
mod near_miss;

use arena::os::{Os, WriteFaults};
use arena::{BarrierChoice, HugePages, Linux};
use heap::Remapping;

use crate::face::{cxx, foreign, mallctl, plugins, serving, summary};
use crate::ground::heap::HEAP;
use crate::ground::line::Line;
use crate::ground::loaded::{is_shared, is_unknown_loader};
use crate::ground::{
    alone, apart as told_apart, bytes, clock, misuse, process, reach, resolved, system, tls,
};
use crate::unseen::stop::{self, Reason, stop};
use crate::unseen::{fork, signals};
use crate::upkeep::background::{self, Wanted};
use crate::upkeep::{map, pressure, profile, published, watcher};

use config::{WantedBarrier, WantedLimit};

/// The status with which a loader ends a program that it cannot start.
const CANNOT_START: libc::c_int = 127;

/// The loader calls it once the C library is there, with the program's arguments.
extern "C" fn constructor(
    _count: i32,
    _arguments: *const *const libc::c_char,
    environment: *const *const libc::c_char,
) {
    if is_unknown_loader() {
        Line::new()
            .text("this C library is not glibc, and no other one is supported")
            .print();
        system::exit(CANNOT_START);
    }
    resolved::resolve_all();
    alone::adopt();
    refuse_other_pages();
    bytes::adopt();
    clock::adopt();
    cxx::find_replacements();
    serving::find_front();
    process::adopt();
    foreign::begin();
    // Refused, `fork` will try again.
    let _ = fork::register();
    // SAFETY: the loader passes the environment, a list of strings that ends with null.
    let config = unsafe { config::read(environment) };
    if let Some(period) = config.period_ms {
        HEAP.global().set_period(period);
    }
    mallctl::begin(config.decay_ms);
    if let Some(mappings) = config.mappings {
        HEAP.global().pages().set_mappings_limit(mappings);
    }
    if config.huge_pages != HugePages::AsUsual {
        HEAP.global().pages().set_huge_pages(config.huge_pages);
    }
    name_mappings(config.names);
    if let Some(percent) = config.effort {
        HEAP.global().set_effort(percent);
    }
    if let Some(bytes) = config.thread_cache {
        HEAP.set_budget(bytes);
    }
    if let Some(limit) = config.limit {
        set_limit(limit);
    }
    // Read now: later, a thread that closes all descriptors could put one of its own in the place of the file's.
    let _ = Remapping::mappings_permitted(HEAP.global().pages());
    summary::set_format(config.summary);
    if !config.abort {
        misuse::tolerate();
    }
    if config.deep_binding {
        plugins::keep_deep_binding();
    }
    reach::set_stack_end(environment.addr());
    if config.pressure {
        pressure::watch();
    }
    if config.profiles {
        profile::begin(config.profile);
    }
    published::begin();
    watcher::begin();
    if config.background == Wanted::Never {
        background::forbid();
    }
    if let Some(signal) = config.map_signal {
        listen_for_maps(signal);
    }
    if config.meshing == Some(false) {
        told_apart::begin_to_tell();
        return stop(Reason::Asked);
    }
    // With `libmesh.a` some of the program's calls are not ours to see.
    if !apart::repoint() || !is_shared() {
        HEAP.global().expect_unnamed_writers();
    }
    told_apart::begin_to_tell();
    HEAP.global().pages().watch_hazards();
    if config.meshing == Some(true) {
        stop::insist();
    }
    if signals::install() {
        HEAP.global().pages().os().catch_faults();
        choose_barrier(config.barrier);
        let _ = stop::resume();
        let is_always = config.background == Wanted::Always;
        if !(is_shared() && background::want(config.background)) && is_always {
            Line::new().text("no background thread").print();
        }
    } else {
        stop(Reason::NoHandler);
    }
}

/// Ends a program on a system whose pages are not those that this library was built for: there the kernel would round lengths up, to
/// bytes that are not meant.
fn refuse_other_pages() {
    // SAFETY: has no preconditions.
    let bytes = unsafe { clock::auxiliary(libc::AT_PAGESZ) } as usize;
    if bytes != Linux::PAGE_SIZE {
        Line::new()
            .text("this library is for pages of ")
            .number(Linux::PAGE_SIZE)
            .text(" bytes, and this system has pages of ")
            .number(bytes)
            .print();
        system::exit(CANNOT_START);
    }
}

/// Sets the most that the heap may take.
fn set_limit(limit: WantedLimit) {
    let bytes = match limit {
        WantedLimit::Bytes(bytes) => bytes,
        WantedLimit::Share(percent) => pressure::share_of_permitted(percent),
    };
    HEAP.global().pages().set_memory_limit(Some(bytes));
}

/// Names the mappings. Who filters system calls may end the process for one that the C library does not make.
fn name_mappings(wanted: Option<bool>) {
    let pages = HEAP.global().pages();
    if wanted.unwrap_or_else(|| pages.os().is_filtered() == Ok(false)) {
        pages.os().give_names();
        pages.name_mappings();
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

/// The handler of faults is needed with either barrier: the first one may be refused later, and the child of a fork faults.
fn choose_barrier(wanted: WantedBarrier) {
    let choice = match wanted {
        WantedBarrier::Mprotect => return,
        WantedBarrier::Auto => BarrierChoice::Auto,
        WantedBarrier::Userfaultfd => BarrierChoice::Userfaultfd,
    };
    // Which one it is, and why, is part of the summary.
    let _ = HEAP.global().pages().choose_barrier(choice);
}

extern "C" fn destructor() {
    summary::print_if_asked();
    tls::within(map::write_if_asked);
    tls::within(profile::end);
    look_for_misuse();
}

/// Tells what of the calling thread's misuse has not been noticed so far.
fn look_for_misuse() {
    // A filter of the program's may kill for the call that asks whose process this is: a child of `vfork` shares our memory.
    // In a handler over a slow path of ours the locks may be taken.
    if reach::is_filtered() || !process::is_ours() || tls::inside() {
        return;
    }
    if let Some(front) = tls::attached() {
        // SAFETY: the calling thread's own. What a handler interrupted does not go on: the process ends.
        tls::within(|| unsafe { HEAP.send_home(front) });
    }
}

#[used]
#[unsafe(link_section = ".init_array")]
static CONSTRUCTOR: extern "C" fn(i32, *const *const libc::c_char, *const *const libc::c_char) =
    constructor;

#[used]
#[unsafe(link_section = ".fini_array")]
static DESTRUCTOR: extern "C" fn() = destructor;
