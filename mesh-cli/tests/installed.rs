//! The launcher and the library, installed where any user can run them.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context, Result, ensure};
use mesh_tests::Library;
use nix::unistd::Uid;
use tempfile::TempDir;

/// The user and the group that nothing belongs to.
const NOBODY: u32 = 65534;

pub(crate) struct Installed(TempDir);

impl Installed {
    pub(crate) fn new() -> Result<Self> {
        let directory = tempfile::Builder::new().prefix("mesh-cli-").tempdir()?;
        fs::set_permissions(directory.path(), Permissions::from_mode(0o755))?;
        let installed = Self(directory);
        for part in ["bin", "lib"] {
            fs::create_dir(installed.path(part))?;
        }
        installed.put(Path::new(env!("CARGO_BIN_EXE_mesh")), "bin/mesh")?;
        installed.put(Library::release()?.shared(), "lib/libmesh.so")?;
        Ok(installed)
    }

    pub(crate) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.0.path().join(name)
    }

    /// Copies a file, by a process of its own: while this one had it open for writing, a child that another thread has just started would
    /// have it open as well, and then it cannot be executed.
    pub(crate) fn put(&self, file: &Path, name: &str) -> Result<PathBuf> {
        let place = self.path(name);
        let copied = Command::new("cp").arg(file).arg(&place).status()?;
        ensure!(copied.success(), "{}: {copied}", file.display());
        Ok(place)
    }

    pub(crate) fn library(&self) -> PathBuf {
        self.path("lib/libmesh.so")
    }

    /// A program of the system, copied to where its rights may be changed.
    pub(crate) fn copy_of(&self, program: &Path, mode: u32) -> Result<PathBuf> {
        let name = program.file_name().and_then(|name| name.to_str());
        let copy = self.put(program, &format!("bin/{}", name.context("a program")?))?;
        fs::set_permissions(&copy, Permissions::from_mode(mode))?;
        Ok(copy)
    }

    /// The launcher, with nothing in its environment that concerns the library.
    pub(crate) fn mesh(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.path("bin/mesh"));
        command.args(arguments).env_remove("LD_PRELOAD");
        for (name, _) in std::env::vars_os() {
            if name.as_encoded_bytes().starts_with(b"MESH_") {
                command.env_remove(name);
            }
        }
        command
    }

    /// The same as a user without rights.
    pub(crate) fn mesh_of_nobody(&self, arguments: &[&str]) -> Result<Command> {
        ensure!(Uid::effective().is_root(), "to be another user takes root");
        let mut command = self.mesh(arguments);
        command.uid(NOBODY).gid(NOBODY);
        Ok(command)
    }
}

/// What came of a command.
pub(crate) struct Said {
    /// The exit status; `None` if a signal ended it.
    pub(crate) status: Option<i32>,
    pub(crate) output: String,
    pub(crate) errors: String,
}

impl Said {
    pub(crate) fn by(command: &mut Command) -> Result<Self> {
        let Output {
            status,
            stdout,
            stderr,
        } = command.output().with_context(|| format!("{command:?}"))?;
        Ok(Self {
            status: status.code(),
            output: String::from_utf8_lossy(&stdout).into_owned(),
            errors: String::from_utf8_lossy(&stderr).into_owned(),
        })
    }

    /// Fails unless the status is this one.
    pub(crate) fn ended_with(self, status: i32) -> Result<Self> {
        let Self { output, errors, .. } = &self;
        ensure!(
            self.status == Some(status),
            "{:?}, not {status}\n{output}\n{errors}",
            self.status
        );
        Ok(self)
    }
}
