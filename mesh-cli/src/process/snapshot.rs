//! A process at one moment.

use std::path::PathBuf;

use anyhow::Result;
use published::{Figure, Image, Unreadable};
use rustix::time::{ClockId, clock_gettime};

use super::absence::Absence;
use super::block;
use super::files::{self, Physical};
use super::memory::{self, Failure};

/// What is known of a process.
pub(crate) struct Snapshot {
    pub(crate) pid: i32,
    pub(crate) name: String,
    /// `None` where this may not be read.
    pub(crate) physical: Option<Physical>,
    /// The library in it, if there is one and that can be seen.
    pub(crate) library: Option<PathBuf>,
    /// What it has published.
    pub(crate) figures: Result<Figures, Absence>,
}

/// The figures of a heap, and how old they are.
pub(crate) struct Figures {
    pub(crate) image: Image,
    pub(crate) age_ms: u64,
}

impl Snapshot {
    /// Takes one; fails if there is no such process.
    pub(crate) fn take(pid: i32) -> Result<Self> {
        let (name, own_number) = files::identity(pid)?;
        let mut library = None;
        let figures = look(pid, own_number, &mut library);
        Ok(Self {
            pid,
            name,
            physical: Physical::of(pid).ok(),
            library,
            figures,
        })
    }
}

fn look(pid: i32, own_number: u64, library: &mut Option<PathBuf>) -> Result<Figures, Absence> {
    let address = block::find(pid, published::SYMBOL, library)?;
    let image = memory::image(pid, address).map_err(|failure| match failure {
        Failure::Unreadable(Unreadable::Empty) => Absence::NotYet,
        Failure::Unreadable(why) => Absence::Other(why.to_string()),
        Failure::System(error) => error.into(),
    })?;
    if image.figure(Figure::Process) != own_number {
        return Err(Absence::Inherited);
    }
    let age_ms = now_ms().saturating_sub(image.figure(Figure::WhenMs));
    Ok(Figures { image, age_ms })
}

/// Milliseconds of the clock that the library reads.
fn now_ms() -> u64 {
    let now = clock_gettime(ClockId::MonotonicCoarse);
    let seconds = u64::try_from(now.tv_sec).unwrap_or(0);
    seconds * 1_000 + u64::try_from(now.tv_nsec).unwrap_or(0) / 1_000_000
}
