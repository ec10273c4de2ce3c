//! Figures of the heap, of its size classes, and of meshing. All are those of the moment in which they are read.

use core::sync::atomic::{AtomicU64, Ordering};

use arena::{HugePages, Linux, Os};
use globalheap::{ClassStats, HeapStats};
use heap::{ClassMap, SizeClass, Upkeep};
use miniheap::SpanClasses;

use super::names::BINS;
use super::value::Value;
use crate::face::{c, summary};
use crate::ground::heap::HEAP;
use crate::ground::misuse;
use crate::upkeep::{background, pressure, profile};

/// A figure of the whole heap.
#[derive(Clone, Copy)]
pub(super) enum Figure {
    Small,
    Large,
    Allocated,
    Active,
    ActivePages,
    Resident,
    Metadata,
    Mapped,
    Retained,
    Dirty,
    DirtyPages,
    Kept,
    Threads,
    Uptime,
    EmptyReallocs,
    Backgrounds,
    WantsBackground,
    PrintsSummary,
    EndsMisuse,
    Profiles,
    ProfilesAtStart,
    WritesProfile,
    TellsLeaks,
    ProfilePrefix,
    /// The logarithm to base 2 of the mean number of bytes between samples, rounded down.
    LogOfSample,
    /// Something that is never so.
    Never,
    HugePages,
}

/// A figure of the size class whose number the name has.
#[derive(Clone, Copy)]
pub(super) enum ClassFigure {
    Size,
    Slots,
    SpanBytes,
    Live,
    Spans,
    Listed,
    Made,
}

/// A figure of meshing.
#[derive(Clone, Copy)]
pub(super) enum MeshFigure {
    Compacted,
    Meshes,
    PagesSaved,
    BytesSaved,
    Mappings,
    MappingsLimit,
    SavedPerThousand,
    Unaffordable,
    Barrier,
    LongestHold,
    Refused,
    RefusedAtLimit,
}

/// When the library came to life, in milliseconds.
static START_MS: AtomicU64 = AtomicU64::new(0);

/// To be called at the start.
pub(super) fn begin() {
    START_MS.store(HEAP.global().pages().clock_ms(), Ordering::Relaxed);
}

/// Physical bytes of what is in use. Bits of slots change while they are read, so there may be more of these for a moment.
fn active(stats: HeapStats) -> usize {
    stats.span_bytes.max(stats.small_bytes) + stats.large_bytes
}

impl Figure {
    pub(super) fn value(self) -> Value {
        let heap = || HEAP.global().stats();
        let arena = || HEAP.global().pages().stats();
        Value::Size(match self {
            Self::Small => heap().small_bytes,
            Self::Large => heap().large_bytes,
            Self::Allocated => {
                let stats = heap();
                stats.small_bytes + stats.large_bytes
            }
            Self::Active => active(heap()),
            Self::ActivePages => active(heap()) / Linux::PAGE_SIZE,
            Self::Resident => {
                let stats = arena();
                active(heap()) + stats.dirty + stats.metadata
            }
            Self::Metadata => arena().metadata,
            Self::Mapped => {
                let stats = arena();
                stats.opened + stats.metadata
            }
            Self::Retained => arena().clean,
            Self::Dirty => arena().dirty,
            Self::DirtyPages => arena().dirty / Linux::PAGE_SIZE,
            Self::Kept => HEAP.kept_bytes(),
            Self::Threads => return Value::Unsigned(HEAP.attached() as u32),
            Self::Uptime => {
                let now = HEAP.global().pages().clock_ms();
                let since = now.saturating_sub(START_MS.load(Ordering::Relaxed));
                return Value::Count(since * 1_000_000);
            }
            Self::EmptyReallocs => c::empty_reallocs(),
            Self::Backgrounds => HEAP.global().below().is_in_background().into(),
            Self::WantsBackground => return Value::Bool(background::is_wanted_always()),
            Self::PrintsSummary => return Value::Bool(summary::is_asked()),
            Self::HugePages => {
                return Value::Text(match HEAP.global().pages().huge_pages() {
                    HugePages::AsUsual => c"default",
                    HugePages::Never => c"never",
                    HugePages::Always => c"always",
                });
            }
            Self::EndsMisuse => return Value::Bool(!misuse::is_tolerated()),
            Self::Profiles => return Value::Bool(profile::is_on()),
            Self::ProfilesAtStart => return Value::Bool(profile::was_active_at_start()),
            Self::WritesProfile => return Value::Bool(profile::is_written_last()),
            Self::TellsLeaks => return Value::Bool(profile::tells_leaks()),
            Self::ProfilePrefix => return Value::Text(profile::prefix()),
            Self::LogOfSample => profile::mean().checked_ilog2().unwrap_or(0) as usize,
            Self::Never => return Value::Bool(false),
        })
    }
}

impl ClassFigure {
    /// The figure of the class with this number; of what is kept apart, those of the same size belong to it.
    pub(super) fn value(self, class: usize) -> Value {
        let stats = |class| HEAP.global().class_stats(SizeClass(class as u8));
        let geometry = HEAP.global().below().geometry(SizeClass(class as u8));
        let size = SpanClasses::object_size(SizeClass(class as u8));
        let sum = |of: fn(ClassStats) -> usize| {
            let apart = (BINS..SpanClasses::ALL)
                .find(|&class| SpanClasses::object_size(SizeClass(class as u8)) == size);
            of(stats(class)) + apart.map_or(0, |apart| of(stats(apart)))
        };
        Value::Size(match self {
            Self::Size => size,
            Self::Slots => return Value::Unsigned(geometry.slots.into()),
            Self::SpanBytes => geometry.pages.index() * Linux::PAGE_SIZE,
            Self::Live => sum(|class| class.live),
            Self::Spans => sum(|class| class.spans),
            Self::Listed => sum(|class| class.listed),
            Self::Made => return Value::Count(sum(|class| class.made) as u64),
        })
    }
}

impl MeshFigure {
    pub(super) fn value(self) -> Value {
        let mesh = HEAP.global().mesh_stats();
        let arena = || HEAP.global().pages().stats();
        Value::Size(match self {
            Self::Compacted => pressure::times(),
            Self::Meshes => mesh.meshes,
            Self::PagesSaved => mesh.pages_saved,
            Self::BytesSaved => mesh.pages_saved * Linux::PAGE_SIZE,
            Self::Mappings => arena().mappings,
            Self::MappingsLimit => arena().mappings_limit,
            Self::SavedPerThousand => summary::saved_per_thousand(),
            Self::Unaffordable => mesh.unaffordable,
            Self::Barrier => return Value::Text(summary::barrier_name()),
            Self::LongestHold => usize::try_from(mesh.longest_hold_ns).unwrap_or(usize::MAX),
            Self::Refused => mesh.refused,
            Self::RefusedAtLimit => HEAP.global().pages().refused_at_limit(),
        })
    }
}
