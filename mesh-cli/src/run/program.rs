//! The program that is to be run, and whether the loader will give it the library.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use nix::unistd::{AccessFlags, Gid, Uid, access};
use object::elf::{EM_X86_64, FileHeader64, PT_INTERP};
use object::read::elf::{FileHeader, ProgramHeader};
use object::{Endianness, ReadCache};

/// Scripts for scripts that are followed.
const DEPTH: u32 = 4;

/// Bytes of a script's first line that the kernel reads.
const LINE: usize = 256;

const SET_UID: u32 = 0o4000;
const SET_GID: u32 = 0o2000;
const GROUP_EXECUTES: u32 = 0o010;

/// A file that can be executed.
pub(super) struct Program {
    path: PathBuf,
}

/// Why there is none.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Missing {
    NotFound,
    NotExecutable(String),
}

/// What becomes of the library in a program.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// The loader loads it.
    Loads,
    /// The program has more rights than its user.
    Secure(&'static str),
    /// There is no loader.
    Static,
    /// That of another C library.
    OtherLoader(String),
    OtherMachine,
    /// A script, whose interpreter has another fate than this one.
    Behind(PathBuf, Box<Fate>),
}

impl Program {
    /// The program that `name` means to `execvp`.
    pub(super) fn find(name: &OsStr) -> Result<Self, Missing> {
        if name.is_empty() {
            return Err(Missing::NotFound);
        }
        if name.as_bytes().contains(&b'/') {
            return Self::at(name.into());
        }
        let path = env::var_os("PATH").unwrap_or_else(|| "/bin:/usr/bin".into());
        let mut best = Missing::NotFound;
        for directory in env::split_paths(&path) {
            match Self::at(directory.join(name)) {
                Ok(program) => return Ok(program),
                Err(Missing::NotFound) => {}
                Err(missing) => best = missing,
            }
        }
        Err(best)
    }

    fn at(path: PathBuf) -> Result<Self, Missing> {
        let not = |why: &str| Err(Missing::NotExecutable(why.to_owned()));
        let Ok(about) = fs::metadata(&path) else {
            return match fs::symlink_metadata(&path) {
                Ok(_) => not("a link to nowhere"),
                Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
                    not("permission denied")
                }
                Err(_) => Err(Missing::NotFound),
            };
        };
        if about.is_dir() {
            return not("a directory, no program");
        }
        if access(&path, AccessFlags::X_OK).is_err() {
            return not("not executable: chmod +x makes it so");
        }
        Ok(Self { path })
    }

    /// What becomes of the library in it. What cannot be read is believed to load it.
    pub(super) fn fate(&self) -> Fate {
        fate_of(&self.path, DEPTH).unwrap_or(Fate::Loads)
    }
}

/// `None` if the file cannot be read, or is nothing that is known.
fn fate_of(path: &Path, depth: u32) -> Option<Fate> {
    if let Some(why) = more_rights(path) {
        return Some(Fate::Secure(why));
    }
    let mut start = Vec::new();
    let file = File::open(path).ok()?;
    file.take(LINE as u64).read_to_end(&mut start).ok()?;
    if let Some(rest) = start.strip_prefix(b"#!") {
        let interpreter = interpreter(rest)?;
        let fate = fate_of(&interpreter, depth.checked_sub(1)?)?;
        return Some(match fate {
            Fate::Loads => Fate::Loads,
            other => Fate::Behind(interpreter, Box::new(other)),
        });
    }
    start.starts_with(b"\x7fELF").then(|| fate_of_elf(path))?
}

/// The interpreter that the first line of a script names; behind `env`, the program that it runs.
fn interpreter(line: &[u8]) -> Option<PathBuf> {
    let line = line.split(|&byte| byte == b'\n').next()?;
    let mut words = line
        .split(|byte| b" \t\r".contains(byte))
        .filter(|word| !word.is_empty())
        .map(OsStr::from_bytes);
    let first = PathBuf::from(words.next()?);
    if first.file_name() != Some(OsStr::new("env")) {
        return Some(first);
    }
    let is_program = |word: &&OsStr| !word.as_bytes().starts_with(b"-") && !has_equals(word);
    let name: OsString = words.find(is_program)?.to_owned();
    Program::find(&name).ok().map(|program| program.path)
}

fn has_equals(word: &OsStr) -> bool {
    word.as_bytes().contains(&b'=')
}

/// Whether the program gets more rights than who runs it, so that the kernel has the loader be careful.
fn more_rights(path: &Path) -> Option<&'static str> {
    let about = fs::metadata(path).ok()?;
    let without = rustix::fs::statvfs(path).is_ok_and(|system| {
        system
            .f_flag
            .contains(rustix::fs::StatVfsMountFlags::NOSUID)
    });
    let none_ever = nix::sys::prctl::get_no_new_privs().unwrap_or(false);
    if without || none_ever {
        return None;
    }
    let mode = about.mode();
    if mode & SET_UID != 0 && about.uid() != Uid::current().as_raw() {
        return Some("is set-uid");
    }
    let sets_group = mode & SET_GID != 0 && mode & GROUP_EXECUTES != 0;
    if sets_group && about.gid() != Gid::current().as_raw() {
        return Some("is set-gid");
    }
    // To root they give nothing.
    if !Uid::current().is_root() {
        let mut value = [0; 64];
        if rustix::fs::getxattr(path, c"security.capability", &mut value).is_ok() {
            return Some("has file capabilities");
        }
    }
    None
}

fn fate_of_elf(path: &Path) -> Option<Fate> {
    let file = ReadCache::new(File::open(path).ok()?);
    let Ok(header) = FileHeader64::<Endianness>::parse(&file) else {
        return Some(Fate::OtherMachine);
    };
    let endian = header.endian().ok()?;
    if header.e_machine(endian) != EM_X86_64 || endian != Endianness::Little {
        return Some(Fate::OtherMachine);
    }
    let segments = header.program_headers(endian, &file).ok()?;
    let loader = segments
        .iter()
        .find(|segment| segment.p_type(endian) == PT_INTERP);
    let Some(loader) = loader else {
        return Some(Fate::Static);
    };
    let name = loader.data(endian, &file).ok()?;
    let name = name.split(|&byte| byte == 0).next()?;
    let name = String::from_utf8_lossy(name);
    let is_glibc = name.contains("ld-linux");
    Some(if is_glibc {
        Fate::Loads
    } else {
        Fate::OtherLoader(name.into_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn file(directory: &Path, name: &str, content: &[u8], mode: u32) -> PathBuf {
        let path = directory.join(name);
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    fn found(path: &Path) -> Result<Fate, Missing> {
        Program::find(path.as_os_str()).map(|program| program.fate())
    }

    #[test]
    fn what_is_not_there_and_what_cannot_run_are_told_apart() {
        let directory = tempfile::tempdir().unwrap();
        let missing = |path: &Path| found(path).unwrap_err();
        assert_eq!(missing(Path::new("/nowhere/program")), Missing::NotFound);
        assert_eq!(missing(Path::new("")), Missing::NotFound);
        let plain = file(directory.path(), "plain", b"", 0o644);
        for (path, word) in [(plain.as_path(), "chmod"), (directory.path(), "directory")] {
            let Missing::NotExecutable(why) = missing(path) else {
                panic!("{} is there", path.display());
            };
            assert!(why.contains(word), "{why}");
        }
        let link = directory.path().join("link");
        symlink("nowhere", &link).unwrap();
        assert!(matches!(missing(&link), Missing::NotExecutable(_)));
    }

    #[test]
    fn a_script_shares_the_fate_of_its_interpreter() {
        let directory = tempfile::tempdir().unwrap();
        let script = |name: &str, line: &str| {
            found(&file(directory.path(), name, line.as_bytes(), 0o755)).unwrap()
        };
        assert_eq!(script("a", "#!/bin/sh\nexit 0\n"), Fate::Loads);
        assert_eq!(script("b", "#! /usr/bin/env -S A=1 sh -e\n"), Fate::Loads);
        // Too many scripts for scripts are not looked through.
        let own = directory.path().join("c");
        assert_eq!(script("c", &format!("#!{}\n", own.display())), Fate::Loads);
    }

    #[test]
    fn programs_for_other_machines_are_told() {
        let directory = tempfile::tempdir().unwrap();
        let mut elf = fs::read("/proc/self/exe").unwrap();
        let own = file(directory.path(), "own", &elf, 0o755);
        assert_eq!(found(&own).unwrap(), Fate::Loads);
        // The machine's number.
        elf[18] = 183;
        let other = file(directory.path(), "other", &elf, 0o755);
        assert_eq!(found(&other).unwrap(), Fate::OtherMachine);
    }
}
