//! What can be read and set.

use core::ffi::c_int;
use core::sync::atomic::{AtomicU64, Ordering};

use super::decay;
use super::tree::Way;
use super::value::Value;
use crate::face::introspection;
use crate::ground::heap::HEAP;
use crate::unseen::stop;
use crate::upkeep::{background, profile};

/// Something to read and to set.
#[derive(Clone, Copy)]
pub(super) enum Setting {
    Epoch,
    BackgroundThread,
    MostBackgroundThreads,
    /// How long unused pages stay; of the arena whose number the name has.
    Decay,
    DecayOfArena,
    Muzzy,
    MuzzyOfArena,
    /// The arena of the calling thread.
    Arena,
    /// Whether the calling thread keeps slots.
    Cache,
    /// Whether samples are taken for the heap profile.
    Samples,
    Meshing,
    Period,
    Effort,
    Budget,
    /// The most that the heap may take; zero for no limit.
    Limit,
}

/// How often a program has asked for new figures.
static EPOCH: AtomicU64 = AtomicU64::new(0);

/// The threads of ours that there may be.
const MOST_THREADS: usize = 1;

impl Setting {
    /// Whether this setting has a value for what the name says; else EFAULT.
    pub(super) fn check(self, way: &Way) -> Result<(), c_int> {
        let of_arena = matches!(self, Self::DecayOfArena | Self::MuzzyOfArena);
        if of_arena && way.arena().is_none() {
            return Err(libc::EFAULT);
        }
        Ok(())
    }

    pub(super) fn value(self) -> Value {
        let size = |value: u64| Value::Size(usize::try_from(value).unwrap_or(usize::MAX));
        match self {
            Self::Epoch => Value::Count(EPOCH.load(Ordering::Relaxed)),
            Self::BackgroundThread => Value::Bool(HEAP.global().below().is_in_background()),
            Self::MostBackgroundThreads => Value::Size(MOST_THREADS),
            Self::Decay | Self::DecayOfArena => Value::Signed(decay::dirty()),
            Self::Muzzy | Self::MuzzyOfArena => Value::Signed(decay::muzzy()),
            Self::Arena => Value::Unsigned(0),
            Self::Cache => Value::Bool(true),
            Self::Samples => Value::Bool(profile::is_active()),
            Self::Meshing => Value::Bool(HEAP.global().meshing_enabled()),
            Self::Period => size(HEAP.global().period()),
            Self::Effort => size(HEAP.global().effort()),
            Self::Budget => Value::Size(HEAP.budget()),
            Self::Limit => Value::Size(HEAP.global().pages().memory_limit().unwrap_or(0)),
        }
    }

    /// Sets it to `value`, which is of the type of its values.
    pub(super) fn set(self, value: Value) -> Result<(), c_int> {
        let (done, otherwise) = match (self, value) {
            (Self::Epoch, _) => {
                EPOCH.fetch_add(1, Ordering::Relaxed);
                (true, 0)
            }
            (Self::BackgroundThread, Value::Bool(on)) => (background::switch(on), libc::EPERM),
            (Self::MostBackgroundThreads, Value::Size(most)) => {
                (most <= MOST_THREADS, libc::EINVAL)
            }
            (Self::Decay | Self::DecayOfArena, Value::Signed(time)) => {
                (decay::set(time), libc::EFAULT)
            }
            (Self::Muzzy | Self::MuzzyOfArena, Value::Signed(time)) => {
                (decay::set_muzzy(time), libc::EFAULT)
            }
            (Self::Arena, Value::Unsigned(arena)) => (arena == 0, libc::EFAULT),
            (Self::Cache, Value::Bool(keeps)) => {
                if !keeps {
                    introspection::flush();
                }
                (true, 0)
            }
            (Self::Samples, Value::Bool(on)) => (profile::set_active(on), libc::ENOENT),
            (Self::Meshing, Value::Bool(false)) => {
                HEAP.global().disable_meshing();
                (true, 0)
            }
            (Self::Meshing, _) => (stop::resume(), libc::EPERM),
            (Self::Period, Value::Size(period)) => {
                HEAP.global().set_period(period as u64);
                (true, 0)
            }
            (Self::Effort, Value::Size(percent @ 0..=100)) => {
                HEAP.global().set_effort(percent as u64);
                (true, 0)
            }
            (Self::Budget, Value::Size(bytes)) => (HEAP.set_budget(bytes), libc::EINVAL),
            (Self::Limit, Value::Size(bytes)) => {
                let limit = (bytes > 0).then_some(bytes);
                HEAP.global().pages().set_memory_limit(limit);
                (true, 0)
            }
            _ => (false, libc::EINVAL),
        };
        if done { Ok(()) } else { Err(otherwise) }
    }
}
