//! Why nothing can be read of the library in a process, and what to do about it.

use std::fs;
use std::io;

use nix::errno::Errno;

/// Why nothing can be read of the library in a process.
#[derive(Debug)]
pub(crate) enum Absence {
    /// Who asks may not look at the process.
    Forbidden,
    /// May look at it, but not read its memory.
    Yama,
    NoLibrary,
    /// The library has no such symbol.
    OldLibrary,
    /// There are no figures so far.
    NotYet,
    /// The figures are those of the parent, as of the moment of the fork.
    Inherited,
    NotProfiled,
    Other(String),
}

impl From<io::Error> for Absence {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::PermissionDenied => Self::Forbidden,
            _ => Self::Other(error.to_string()),
        }
    }
}

/// What the kernel says to who reads the memory of a process.
impl From<Errno> for Absence {
    fn from(error: Errno) -> Self {
        match error {
            Errno::EPERM | Errno::EACCES => Self::Yama,
            _ => Self::Other(error.to_string()),
        }
    }
}

impl Absence {
    /// What it means for a `command` of the launcher, and what to do about it.
    pub(crate) fn words(&self, command: &str, pid: i32) -> String {
        match self {
            Self::Forbidden => format!(
                "you may not look at this process: it is another user's, or has more rights than you. \
                 Run as root: sudo mesh {command} {pid}"
            ),
            Self::Yama => yama(command, pid),
            Self::NoLibrary => {
                "libmesh is not in this process: start it with `mesh run -- PROGRAM`".to_owned()
            }
            Self::OldLibrary => {
                format!(
                    "the libmesh in this process is of another version, which `mesh {command}` cannot read"
                )
            }
            Self::NotYet => {
                "nothing has been published yet: a program does that from its second second on, \
                 when it next asks for memory or waits"
                    .to_owned()
            }
            Self::Inherited => "a child that has published nothing of its own so far".to_owned(),
            Self::NotProfiled => {
                "no allocations are profiled in this process: start it with MESH_PROF=1, or by `mesh run --profile`".to_owned()
            }
            Self::Other(why) => why.clone(),
        }
    }
}

/// The memory of other processes may not be read.
fn yama(command: &str, pid: i32) -> String {
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
            format!(
                "run as root (sudo mesh {command} {pid}), or: sysctl kernel.yama.ptrace_scope=0"
            )
        }
        "3" if command == "profile" => {
            "the process itself can still write a profile to a file".to_owned()
        }
        "3" => "the figures at exit are still to be had: mesh run --summary".to_owned(),
        _ => format!("run as root: sudo mesh {command} {pid}"),
    };
    format!("{why}: {what}")
}
