//! A process at one moment.

use std::fs;
use std::io;
use std::path::PathBuf;

use anyhow::Result;
use nix::errno::Errno;
use published::{Figure, Image, Unreadable};
use rustix::time::{ClockId, clock_gettime};

use super::files::{self, Physical};
use super::mapped::candidates;
use super::memory::{self, Failure};
use super::symbol;

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

/// Why there are no figures.
#[derive(Debug)]
pub(crate) enum Absence {
    /// Who asks may not look at the process.
    Forbidden,
    /// May look at it, but not read its memory.
    Yama,
    NoLibrary,
    /// The library has no such symbol.
    OldLibrary,
    NotYet,
    /// They are those of the parent, as of the moment of the fork.
    Inherited,
    Other(String),
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
    let found = candidates(pid).map_err(|error| absence(&error))?;
    *library = found.library.as_ref().map(|mapped| mapped.path.clone());
    let is_shared = library.is_some();
    let Some(mapped) = found.library.or(found.program) else {
        return Err(Absence::NoLibrary);
    };
    let address = match symbol::address(pid, &mapped) {
        Ok(Some(address)) => address,
        Ok(None) if is_shared => return Err(Absence::OldLibrary),
        Ok(None) => return Err(Absence::NoLibrary),
        // Nobody can tell what a program is whose file cannot be read.
        Err(_) if !is_shared => return Err(Absence::NoLibrary),
        Err(error) => return Err(absence(&error)),
    };
    if !is_shared {
        *library = Some(mapped.path);
    }
    let image = memory::image(pid, address).map_err(|failure| match failure {
        Failure::Unreadable(Unreadable::Empty) => Absence::NotYet,
        Failure::Unreadable(why) => Absence::Other(why.to_string()),
        Failure::System(Errno::EPERM | Errno::EACCES) => Absence::Yama,
        Failure::System(error) => Absence::Other(error.to_string()),
    })?;
    if image.figure(Figure::Process) != own_number {
        return Err(Absence::Inherited);
    }
    let age_ms = now_ms().saturating_sub(image.figure(Figure::WhenMs));
    Ok(Figures { image, age_ms })
}

fn absence(error: &io::Error) -> Absence {
    match error.kind() {
        io::ErrorKind::PermissionDenied => Absence::Forbidden,
        _ => Absence::Other(error.to_string()),
    }
}

/// Milliseconds of the clock that the library reads.
fn now_ms() -> u64 {
    let now = clock_gettime(ClockId::MonotonicCoarse);
    let seconds = u64::try_from(now.tv_sec).unwrap_or(0);
    seconds * 1_000 + u64::try_from(now.tv_nsec).unwrap_or(0) / 1_000_000
}

impl Absence {
    /// What it means, and what to do about it.
    pub(crate) fn words(&self, pid: i32) -> String {
        match self {
            Self::Forbidden => format!(
                "you may not look at this process: it is another user's, or has more rights than you. \
                 Run as root: sudo mesh stats {pid}"
            ),
            Self::Yama => yama(pid),
            Self::NoLibrary => {
                "libmesh is not in this process: start it with `mesh run -- PROGRAM`".to_owned()
            }
            Self::OldLibrary => {
                "the libmesh in this process is of another version, which publishes no figures"
                    .to_owned()
            }
            Self::NotYet => {
                "nothing has been published yet: a program does that from its second second on, \
                 when it next asks for memory or waits"
                    .to_owned()
            }
            Self::Inherited => "a child that has published nothing of its own so far".to_owned(),
            Self::Other(why) => why.clone(),
        }
    }
}

/// The memory of other processes may not be read.
fn yama(pid: i32) -> String {
    let scope = fs::read_to_string("/proc/sys/kernel/yama/ptrace_scope");
    let scope = scope.unwrap_or_default();
    let why = match scope.trim() {
        "1" => "the kernel lets only a parent read a process's memory (kernel.yama.ptrace_scope=1)",
        "2" => "the kernel lets only root read a process's memory (kernel.yama.ptrace_scope=2)",
        "3" => {
            "the kernel lets nobody read a process's memory until it is started again (kernel.yama.ptrace_scope=3)"
        }
        _ => "the kernel does not let you read this process's memory",
    };
    let what = match scope.trim() {
        "1" => {
            format!("run as root (sudo mesh stats {pid}), or: sysctl kernel.yama.ptrace_scope=0")
        }
        "3" => "the figures at exit are still to be had: mesh run --summary".to_owned(),
        _ => format!("run as root: sudo mesh stats {pid}"),
    };
    format!("{why}: {what}")
}
