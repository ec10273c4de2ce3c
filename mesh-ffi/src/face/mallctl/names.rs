//! The names, and what each stands for.

use core::ffi::{CStr, c_int};
use core::sync::atomic::{AtomicU64, Ordering};

use arena::{ArenaStats, Linux, Os};
use globalheap::{ClassStats, HeapStats};
use heap::{ClassMap, SizeClass};
use meshheap::MeshStats;
use miniheap::SpanClasses;

use super::value::Value;
use crate::face::{introspection, summary};
use crate::ground::heap::HEAP;
use crate::unseen::stop;
use crate::upkeep::{map, pressure};

/// What a name stands for.
pub(super) enum Name {
    /// Something to read.
    Figure(fn() -> Value),
    /// Something to read of the size class of this number.
    Numbered(fn(ClassStats) -> Value, ClassStats),
    /// Something to read and to set.
    Option(fn() -> Value, fn(Value) -> Result<(), c_int>),
    /// Something to do.
    Order(fn()),
    /// Something to do with a file of this name.
    File(fn(&CStr) -> Result<(), c_int>),
}

const VERSION: &CStr =
    match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
        Ok(version) => version,
        Err(_) => c"",
    };

/// How often a program has asked for new figures. All figures are those of the moment in which they are read.
static EPOCH: AtomicU64 = AtomicU64::new(0);

fn heap_figure(of: impl FnOnce(HeapStats) -> usize) -> Value {
    Value::Size(of(HEAP.global().stats()))
}

fn mesh_figure(of: impl FnOnce(MeshStats) -> usize) -> Value {
    Value::Size(of(HEAP.global().mesh_stats()))
}

fn arena_figure(of: impl FnOnce(ArenaStats) -> usize) -> Value {
    Value::Size(of(HEAP.global().pages().stats()))
}

/// Bytes of the addresses of spans and large objects in use.
fn active(stats: HeapStats) -> usize {
    let saved = HEAP.global().mesh_stats().pages_saved;
    stats.span_bytes + saved * Linux::PAGE_SIZE + stats.large_bytes
}

/// Physical bytes: what was used and not given back, each page counted once.
fn resident(stats: HeapStats) -> usize {
    let arena = HEAP.global().pages().stats();
    stats.span_bytes + stats.large_bytes + arena.dirty + arena.metadata
}

/// What `name` stands for.
pub(super) fn find(name: &[u8]) -> Option<Name> {
    use Name::{Figure, Option, Order};
    Some(match name {
        b"version" => Figure(|| Value::Text(VERSION)),
        b"epoch" => Option(
            || Value::Count(EPOCH.load(Ordering::Relaxed)),
            |_| {
                EPOCH.fetch_add(1, Ordering::Relaxed);
                Ok(())
            },
        ),
        b"config.debug" => Figure(|| Value::Bool(cfg!(debug_assertions))),
        b"arenas.page" => Figure(|| Value::Size(Linux::PAGE_SIZE)),
        b"arenas.quantum" => Figure(|| Value::Size(16)),
        b"arenas.nbins" => Figure(|| Value::Size(BINS)),
        b"stats.allocated" => Figure(|| heap_figure(|heap| heap.small_bytes + heap.large_bytes)),
        b"stats.active" => Figure(|| heap_figure(active)),
        b"stats.resident" => Figure(|| heap_figure(resident)),
        b"stats.metadata" => Figure(|| arena_figure(|arena| arena.metadata)),
        b"stats.mapped" => Figure(|| arena_figure(|arena| arena.opened + arena.metadata)),
        b"stats.retained" => Figure(|| arena_figure(|arena| arena.clean)),
        b"thread.tcache.flush" => Order(introspection::flush),
        b"arena.0.purge" | b"mesh.scavenge" => Order(|| HEAP.global().below().purge()),
        b"arena.0.decay" => Order(|| HEAP.global().upkeep()),
        b"map.write" => Name::File(map::write_to),
        b"background_thread" => Figure(|| Value::Bool(HEAP.global().below().is_in_background())),
        _ => return of_meshing(name).or_else(|| of_class(name)),
    })
}

fn of_meshing(name: &[u8]) -> Option<Name> {
    use Name::{Figure, Option, Order};
    let name = name.strip_prefix(b"mesh.")?;
    Some(match name {
        b"enabled" => Option(
            || Value::Bool(HEAP.global().meshing_enabled()),
            |value| match value {
                Value::Bool(false) => {
                    HEAP.global().disable_meshing();
                    Ok(())
                }
                _ if stop::resume() => Ok(()),
                _ => Err(libc::EPERM),
            },
        ),
        b"check_period" => Option(
            || Value::Size(usize::try_from(HEAP.global().period()).unwrap_or(usize::MAX)),
            |value| match value {
                Value::Size(period) => {
                    HEAP.global().set_period(period as u64);
                    Ok(())
                }
                _ => Err(libc::EINVAL),
            },
        ),
        b"effort" => Option(
            || Value::Size(usize::try_from(HEAP.global().effort()).unwrap_or(usize::MAX)),
            |value| match value {
                Value::Size(percent @ 0..=100) => {
                    HEAP.global().set_effort(percent as u64);
                    Ok(())
                }
                _ => Err(libc::EINVAL),
            },
        ),
        b"thread_cache_max" => Option(
            || Value::Size(HEAP.budget()),
            |value| match value {
                Value::Size(bytes) if HEAP.set_budget(bytes) => Ok(()),
                _ => Err(libc::EINVAL),
            },
        ),
        b"compact" => Order(|| {
            introspection::compact();
        }),
        b"pressure" => Figure(|| Value::Bool(pressure::is_watching())),
        b"compacted_under_pressure" => Figure(|| Value::Size(pressure::times())),
        b"count" => Figure(|| mesh_figure(|mesh| mesh.meshes)),
        b"pages_saved" => Figure(|| mesh_figure(|mesh| mesh.pages_saved)),
        b"bytes_saved" => Figure(|| mesh_figure(|mesh| mesh.pages_saved * Linux::PAGE_SIZE)),
        b"kept_bytes" => Figure(|| Value::Size(HEAP.kept_bytes())),
        b"dirty_bytes" => Figure(|| arena_figure(|arena| arena.dirty)),
        b"mappings" => Figure(|| arena_figure(|arena| arena.mappings)),
        b"mappings_limit" => Figure(|| arena_figure(|arena| arena.mappings_limit)),
        b"saved_per_1000_mappings" => Figure(|| Value::Size(summary::saved_per_thousand())),
        b"unaffordable" => Figure(|| mesh_figure(|mesh| mesh.unaffordable)),
        b"barrier" => Figure(|| Value::Text(summary::barrier_name())),
        b"pause_max_ns" => Figure(|| {
            mesh_figure(|mesh| usize::try_from(mesh.longest_hold_ns).unwrap_or(usize::MAX))
        }),
        b"failed" => Figure(|| mesh_figure(|mesh| mesh.refused)),
        _ => return None,
    })
}

/// The classes that serve the program, by size. Those of what is kept apart are not numbered here.
const BINS: usize = SpanClasses::COUNT;

/// `arenas.bin.<class>.…` and `stats.bins.<class>.…`.
fn of_class(name: &[u8]) -> Option<Name> {
    let constant = name.strip_prefix(b"arenas.bin.");
    let rest = constant.or_else(|| name.strip_prefix(b"stats.bins."))?;
    let dot = rest.iter().position(|&byte| byte == b'.')?;
    let class = number(&rest[..dot]).filter(|&class| class < BINS)?;
    let of: fn(ClassStats) -> Value = match (constant.is_some(), &rest[dot + 1..]) {
        (true, b"size") => |class| Value::Size(class.object_size),
        (true, b"nregs") => |class| Value::Size(class.slots),
        (false, b"curregs") => |class| Value::Size(class.live),
        (false, b"curslabs") => |class| Value::Size(class.spans),
        (false, b"nonfull") => |class| Value::Size(class.listed),
        _ => return None,
    };
    let stats = HEAP.global().class_stats(SizeClass(class as u8));
    Some(Name::Numbered(of, stats))
}

/// A decimal number of one or two digits.
fn number(digits: &[u8]) -> Option<usize> {
    if digits.is_empty() || digits.len() > 2 {
        return None;
    }
    digits.iter().try_fold(0, |value, digit| {
        digit
            .is_ascii_digit()
            .then(|| value * 10 + usize::from(digit - b'0'))
    })
}
