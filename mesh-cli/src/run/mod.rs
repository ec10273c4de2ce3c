//! `mesh run`: a program under the library.
//!
//! The launcher becomes the program, so that its number, its exit status and what ends it are the program's.

mod knobs;
mod profile;
mod program;

use std::env;
use std::ffi::{OsStr, OsString};
use std::io::ErrorKind;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};

use crate::library;
use knobs::Knobs;
use program::{Fate, Missing, Program};

/// Runs a program under Mesh
///
/// The exit status is the program's; 127 if it is not there, 126 if it cannot be executed, 125 if Mesh cannot be found.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  mesh run -- python3 server.py
  mesh run --summary -- ./program          what meshing did, at exit
  mesh run --background-thread always -- redis-server redis.conf")]
pub(crate) struct Args {
    /// The library to preload [default: the one beside this program, or installed]
    #[arg(long, value_name = "FILE")]
    library: Option<PathBuf>,
    /// Fail, with status 125, where the program would not get the library
    #[arg(long)]
    require: bool,
    #[command(flatten)]
    knobs: Knobs,
    /// The program and its arguments
    #[arg(
        trailing_var_arg = true,
        required = true,
        value_name = "PROGRAM",
        help_heading = "Arguments"
    )]
    command: Vec<OsString>,
}

/// The status for a program that is not there, as a shell has it.
const NOT_FOUND: u8 = 127;

/// The status for one that cannot be executed.
const NOT_EXECUTABLE: u8 = 126;

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let (name, arguments) = args.command.split_first().context("no program")?;
    let program = match Program::find(name) {
        Ok(program) => program,
        Err(missing) => return Ok(give_up(name, &missing)),
    };
    let library = library::find(args.library.as_deref())?;
    let fate = program.fate();
    if let Some(reason) = fate.reason() {
        let reason = format!("{}: {reason}", name.display());
        if args.require {
            bail!("{reason}");
        }
        eprintln!("mesh: {reason}; it runs without Mesh");
    }
    let mut command = Command::new(name);
    command.args(arguments).envs(args.knobs.variables());
    if fate.may_preload() {
        command.env("LD_PRELOAD", in_front(&library)?);
    }
    let error = command.exec();
    let missing = match error.kind() {
        ErrorKind::NotFound => Missing::NotFound,
        _ => Missing::NotExecutable(error.to_string()),
    };
    Ok(give_up(name, &missing))
}

/// Says why there is no program to run, as the status of the launcher does.
fn give_up(name: &OsStr, missing: &Missing) -> ExitCode {
    let (status, reason) = match missing {
        Missing::NotFound if name.as_encoded_bytes().contains(&b'/') => {
            (NOT_FOUND, "there is no such file".to_owned())
        }
        Missing::NotFound => (
            NOT_FOUND,
            "not found in PATH: give its path, as ./PROGRAM for one in this directory".to_owned(),
        ),
        Missing::NotExecutable(why) => (NOT_EXECUTABLE, why.clone()),
    };
    eprintln!("mesh: {}: {reason}", name.display());
    ExitCode::from(status)
}

/// `LD_PRELOAD` with the library before what is there.
fn in_front(library: &Path) -> Result<OsString> {
    let bytes = library.as_os_str().as_encoded_bytes();
    if bytes.iter().any(|byte| b" :$".contains(byte)) {
        bail!(
            "{}: the loader takes a space, a colon or a dollar sign in LD_PRELOAD for something else. \
             Put the library, or a link to it, into another directory",
            library.display()
        );
    }
    let mut list = library.as_os_str().to_owned();
    if let Some(others) = env::var_os("LD_PRELOAD").filter(|others| !others.is_empty()) {
        list.push(":");
        list.push(others);
    }
    Ok(list)
}

impl Fate {
    /// Why the program does not get the library, and what to do, if it does not.
    fn reason(&self) -> Option<String> {
        Some(match self {
            Self::Loads => return None,
            Self::Secure(why) => {
                format!("it {why}, so the loader ignores LD_PRELOAD")
            }
            Self::Static => {
                "statically linked, so nothing can be preloaded: link it with libmesh.a".to_owned()
            }
            Self::OtherLoader(loader) => {
                format!("its loader is {loader}, and Mesh needs glibc's")
            }
            Self::OtherMachine => "a program for another kind of processor".to_owned(),
            Self::Behind(interpreter, fate) => {
                let inner = fate.reason()?;
                format!("a script for {}: {inner}", interpreter.display())
            }
        })
    }

    /// Whether the variable may be set nevertheless: what the program starts may load the library.
    fn may_preload(&self) -> bool {
        match self {
            Self::Loads | Self::Secure(_) | Self::Static => true,
            Self::OtherLoader(_) | Self::OtherMachine => false,
            Self::Behind(_, fate) => fate.may_preload(),
        }
    }
}
