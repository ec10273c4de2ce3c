//! Compiles the C and C++ programs of the tests.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};
use tempfile::TempDir;

use crate::library::Library;
use crate::run::Run;
use crate::{artifact, tool};

/// How a program comes to use the library.
#[derive(Clone, Copy, Debug)]
pub enum Linking {
    /// Not at all: it is preloaded, or the program runs without it.
    Unlinked,
    /// Not at all, but other libraries, by options of the linker.
    Others(&'static [&'static str]),
    /// This shared library, found at run time by the name that it has itself.
    File(&'static Path),
    /// `-lmesh`, found at run time through the program's run path.
    Shared(&'static Library),
    /// `libmesh.a`, of which the linker takes what it needs.
    Static(&'static Library),
    /// `libmesh.a` as a whole.
    WholeArchive(&'static Library),
    /// Not at all, and the libraries that it loads find its functions.
    Exporting,
    /// It is no program but a library that programs load, which finds others beside itself in `inner`.
    Plugin,
    /// The same with options of the linker.
    PluginWith(&'static [&'static str]),
    /// To another C library, which has a loader of its own.
    Musl,
    /// `libmesh.a`, in a program without a loader, by this option of the compiler.
    Alone(&'static Library, &'static str),
    /// The same without `libmesh.a`.
    AloneWithout(&'static str),
}

/// A compiled program. The file is removed when this is dropped.
#[derive(Debug)]
pub struct Program {
    path: PathBuf,
    warnings: String,
    _directory: TempDir,
}

impl Program {
    /// Compiles sources of the `programs` directory. C++ if a name ends in `.cpp`, else C.
    pub fn compile(sources: &[&str]) -> Result<Self> {
        Self::compile_with(sources, Linking::Unlinked)
    }

    /// Compiles and links sources of the `programs` directory.
    pub fn compile_with(sources: &[&str], linking: Linking) -> Result<Self> {
        let cxx = sources.iter().any(|source| source.ends_with(".cpp"));
        let (compiler, dialect) = if let Linking::Musl = linking {
            ("musl-gcc", "-std=gnu11")
        } else if cxx {
            ("g++", "-std=c++20")
        } else {
            ("gcc", "-std=gnu11")
        };
        let directory = TempDir::with_prefix("mesh-program-")?;
        // Others run it too.
        fs::set_permissions(directory.path(), Permissions::from_mode(0o755))?;
        let path = directory.path().canonicalize()?.join("program");
        let mut command = Command::new(tool::find(compiler)?);
        command
            // The calls of the allocator are what is tested: none may be optimised away.
            .args([
                dialect,
                "-O1",
                "-g",
                "-fno-builtin",
                "-Wall",
                "-Wextra",
                "-pthread",
            ])
            .args([
                "-Wno-alloc-size-larger-than",
                "-Wno-use-after-free",
                "-Wno-free-nonheap-object",
                "-Wno-deprecated-declarations",
                "-o",
            ])
            .arg(&path)
            .arg("-I")
            .arg(artifact::programs().join("../../mesh-ffi/include"))
            .args(
                sources
                    .iter()
                    .map(|source| artifact::programs().join(source)),
            );
        link(&mut command, linking)?;
        let output = command.output()?;
        if !output.status.success() {
            bail!("{command:?}\n{}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(Self {
            path,
            warnings: String::from_utf8_lossy(&output.stderr).into_owned(),
            _directory: directory,
        })
    }

    /// The executable file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What compiler and linker had to say.
    pub fn warnings(&self) -> &str {
        &self.warnings
    }

    /// The program without arguments.
    pub fn run(&self) -> Run {
        Run::new(self.path())
    }
}

fn link(command: &mut Command, linking: Linking) -> Result<()> {
    match linking {
        Linking::Unlinked | Linking::Musl => {}
        Linking::Others(options) => {
            command.args(options);
        }
        Linking::Exporting => {
            command.arg("-rdynamic");
        }
        Linking::Plugin => {
            command.args(["-shared", "-fPIC", "-Wl,-rpath,$ORIGIN/inner"]);
        }
        Linking::PluginWith(options) => {
            command.args(["-shared", "-fPIC"]).args(options);
        }
        Linking::Alone(library, option) => {
            command.arg(option).arg(library.archive()?);
        }
        Linking::AloneWithout(option) => {
            command.arg(option);
        }
        Linking::Shared(library) => {
            let directory = library.shared().parent().unwrap_or(Path::new("/"));
            let run_path = format!("-Wl,-rpath,{}", directory.display());
            command.arg("-L").arg(directory).args(["-lmesh", &run_path]);
        }
        Linking::File(library) => {
            command.arg(library);
        }
        Linking::Static(library) => {
            command.arg(library.archive()?);
        }
        Linking::WholeArchive(library) => {
            command
                .arg("-Wl,--whole-archive")
                .arg(library.archive()?)
                .arg("-Wl,--no-whole-archive");
        }
    }
    Ok(())
}
