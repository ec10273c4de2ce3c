//! This machine.

use std::ffi::CStr;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use nix::unistd::Uid;
use serde_json::Value;

use super::probe::{DEVICE, NOTHING, USERFAULTFD};
use super::system::{Preloaded, System, Tried};
use crate::library;

pub(super) struct Machine {
    /// The library to try; `None` for the usual one.
    library: Option<PathBuf>,
}

impl Machine {
    pub(super) fn new(library: Option<PathBuf>) -> Self {
        Self { library }
    }
}

/// This program again, with something to try.
fn again(probe: &str) -> Command {
    let mut command = Command::new("/proc/self/exe");
    command
        .args(["probe", probe])
        .stdin(Stdio::null())
        .env_remove("LD_PRELOAD");
    command
}

fn tried(probe: &str) -> Tried {
    match again(probe).output() {
        Err(error) => Tried::Untried(error.to_string()),
        Ok(output) => match output.status.code() {
            Some(0) => Tried::Works,
            Some(error) => Tried::Refused(error),
            None => Tried::Killed,
        },
    }
}

impl System for Machine {
    fn read(&self, path: &str) -> Option<String> {
        fs::read_to_string(path).ok()
    }

    fn is_root(&self) -> bool {
        Uid::effective().is_root()
    }

    fn machine(&self) -> &str {
        std::env::consts::ARCH
    }

    fn page_size(&self) -> usize {
        rustix::param::page_size()
    }

    fn glibc(&self) -> Option<String> {
        // SAFETY: it takes nothing, and returns a string that stays.
        let version = unsafe { libc::gnu_get_libc_version() };
        // SAFETY: a string of the C library's.
        let version = unsafe { CStr::from_ptr(version) };
        Some(version.to_str().ok()?.to_owned())
    }

    fn userfaultfd(&self) -> Tried {
        tried(USERFAULTFD)
    }

    fn userfaultfd_device(&self) -> Tried {
        tried(DEVICE)
    }

    fn preload(&self) -> Result<Preloaded, String> {
        let library =
            library::find(self.library.as_deref()).map_err(|error| format!("{error:#}"))?;
        let mut command = again(NOTHING);
        for (name, _) in std::env::vars_os() {
            if name.as_encoded_bytes().starts_with(b"MESH_") {
                command.env_remove(name);
            }
        }
        command
            .env("LD_PRELOAD", &library)
            .env("MALLOCSTATS", "json");
        let output = command.output().map_err(|error| error.to_string())?;
        let said = said(&output)?;
        let text = |name: &str| said[name].as_str().unwrap_or("").to_owned();
        Ok(Preloaded {
            library,
            barrier: text("barrier"),
            barrier_reason: text("barrier_reason"),
            unmeshed_because: text("unmeshed_because"),
        })
    }
}

/// The figures that the library printed at exit.
fn said(output: &Output) -> Result<Value, String> {
    let errors = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        return Err(format!("{}: {}", output.status, errors.trim()));
    }
    let figures = errors.find('{').map(|start| &errors[start..]);
    let figures = figures.ok_or_else(|| match errors.trim() {
        "" => "the library was not loaded".to_owned(),
        words => words.to_owned(),
    })?;
    serde_json::from_str(figures).map_err(|error| error.to_string())
}
