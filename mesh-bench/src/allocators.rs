//! The allocators that can be measured, and how a process gets one.

use crate::library;
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What an allocator is compared as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Ours, or a library given by its path.
    Ours,
    /// Ours with a part left out or replaced, to show what the part brings.
    Variant,
    /// One to compare with: the best of these is the yardstick.
    Peer,
    /// One that runs a second time under another name, to show the noise.
    Canary,
}

/// An allocator as a library to preload.
#[derive(Clone, Debug)]
pub(crate) struct Allocator {
    /// The name in reports.
    pub(crate) name: String,
    /// The shared library.
    pub(crate) library: PathBuf,
    /// What it is compared as.
    pub(crate) role: Role,
    /// Variables that differ from the library's defaults.
    settings: Settings,
}

type Settings = &'static [(&'static str, &'static str)];

/// Variables of ours that a name may set; under other names they are not set.
const SWITCHES: [&str; 2] = ["MESH_ENABLED", "MESH_BARRIER"];

/// What operators of servers with threads tell jemalloc.
const TUNED: &str = "dirty_decay_ms:1000,narenas:2,background_thread:true";

/// What a name says beyond the library.
fn settings_of(name: &str) -> Settings {
    match name {
        "mesh-nomesh" => &[("MESH_ENABLED", "0")],
        "mesh-mprotect" => &[("MESH_BARRIER", "mprotect")],
        "glibc-2-arenas" => &[("MALLOC_ARENA_MAX", "2")],
        "jemalloc-tuned" => &[("MALLOC_CONF", TUNED)],
        _ => &[],
    }
}

/// Which allocators to measure.
#[derive(clap::Args, Debug, Default)]
pub(crate) struct Selection {
    /// An allocator: glibc, glibc-2-arenas, mesh, mesh-nomesh, mesh-mprotect, mesh-split, mesh-ordered, mesh-permuted, jemalloc, jemalloc-tuned,
    /// mimalloc, tcmalloc, PATH.so or NAME=PATH.so; may be repeated [default: those that the command is about, as far as they are installed]
    #[arg(long = "lib", value_name = "NAME_OR_PATH")]
    libraries: Vec<String>,
}

const DEFAULT: [&str; 6] = [
    "mesh",
    "mesh-nomesh",
    "glibc",
    "jemalloc",
    "mimalloc",
    "tcmalloc",
];

const SERVER: [&str; 7] = [
    "mesh",
    "glibc",
    "glibc-2-arenas",
    "jemalloc",
    "jemalloc-tuned",
    "mimalloc",
    "tcmalloc",
];

impl Selection {
    /// The allocators asked for; by default all that are there, with a line on stderr for each that is not.
    pub(crate) fn resolve(&self) -> Result<Vec<Allocator>> {
        self.resolve_or(&DEFAULT)
    }

    /// As [`resolve`](Self::resolve), with the allocators between which operators of servers choose.
    pub(crate) fn resolve_for_server(&self) -> Result<Vec<Allocator>> {
        self.resolve_or(&SERVER)
    }

    /// As [`resolve`](Self::resolve), with `default` if none are asked for.
    pub(crate) fn resolve_or(&self, default: &[&str]) -> Result<Vec<Allocator>> {
        if !self.libraries.is_empty() {
            return self
                .libraries
                .iter()
                .map(|text| Allocator::named(text))
                .collect();
        }
        Ok(found(default))
    }

    /// Those of `more` that are there, to be measured beside the default; none if allocators were asked for by name.
    pub(crate) fn beside_default(&self, more: &[&str]) -> Vec<Allocator> {
        if self.libraries.is_empty() {
            found(more)
        } else {
            Vec::new()
        }
    }
}

/// The allocators that are there, with a line on stderr for each that is not.
fn found(names: &[&str]) -> Vec<Allocator> {
    let mut found = Vec::new();
    for name in names {
        match Allocator::named(name) {
            Ok(allocator) => found.push(allocator),
            Err(reason) => eprintln!("mesh-bench: left out: {name}: {reason:#}"),
        }
    }
    found
}

impl Allocator {
    /// The allocator that `text` names: a known name, a path, or `NAME=PATH`.
    pub(crate) fn named(text: &str) -> Result<Self> {
        let (name, library, role) = match text {
            "mesh" | "mesh-mprotect" => (text, library::own_library()?, Role::Ours),
            "mesh-nomesh" => (text, library::own_library()?, Role::Variant),
            "mesh-split" | "mesh-ordered" | "mesh-permuted" => {
                (text, library::variant(text)?, Role::Variant)
            }
            "glibc" | "glibc-2-arenas" => (text, library::loaded_libc(), Role::Peer),
            "jemalloc" | "jemalloc-tuned" => {
                (text, library::installed(&["libjemalloc.so.2"])?, Role::Peer)
            }
            "mimalloc" => {
                let files = ["libmimalloc.so.3", "libmimalloc.so.2", "libmimalloc.so.2.0"];
                (text, library::installed(&files)?, Role::Peer)
            }
            "tcmalloc" => {
                let files = ["libtcmalloc_minimal.so.4", "libtcmalloc.so.4"];
                (text, library::installed(&files)?, Role::Peer)
            }
            _ => {
                let (name, path) = match text.split_once('=') {
                    Some((name, path)) => (name, Path::new(path)),
                    None => (file_stem(text), Path::new(text)),
                };
                if !text.contains('/') && !text.contains(".so") {
                    bail!(
                        "`{text}` is no allocator: write one of {}, glibc-2-arenas, jemalloc-tuned, mesh-mprotect, mesh-split, mesh-ordered, mesh-permuted or a path",
                        DEFAULT.join(", ")
                    );
                }
                let path = path
                    .canonicalize()
                    .with_context(|| path.display().to_string())?;
                (name, path, Role::Ours)
            }
        };
        Ok(Self {
            name: name.into(),
            library,
            role,
            settings: settings_of(name),
        })
    }

    /// The same allocator under the name of the canary.
    pub(crate) fn canary(&self) -> Self {
        Self {
            name: format!("{} again", self.name),
            role: Role::Canary,
            ..self.clone()
        }
    }

    /// Makes `command` run under this allocator.
    pub(crate) fn preload(&self, command: &mut Command) {
        command.env("LD_PRELOAD", &self.library);
        for switch in SWITCHES {
            command.env_remove(switch);
        }
        command.envs(self.settings.iter().copied());
    }
}

fn file_stem(path: &str) -> &str {
    let file = path.rsplit('/').next().unwrap_or(path);
    file.split(".so").next().unwrap_or(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsStr;

    #[test]
    fn an_unknown_name_is_an_error_that_lists_the_known_ones() {
        let error = Allocator::named("quickalloc").unwrap_err().to_string();
        assert!(error.contains("mesh-nomesh"), "{error}");
    }

    #[test]
    fn a_path_names_an_allocator_by_its_file_or_by_the_given_name() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("libfast.so.2");
        std::fs::write(&path, "").unwrap();
        let path = path.to_str().unwrap();
        assert_eq!(Allocator::named(path).unwrap().name, "libfast");
        assert_eq!(
            Allocator::named(&format!("new={path}")).unwrap().name,
            "new"
        );
        assert!(Allocator::named("/nowhere/libfast.so").is_err());
    }

    #[test]
    fn only_the_known_switches_are_set() {
        for name in ["mesh-nomesh", "mesh-mprotect"] {
            assert!(!settings_of(name).is_empty(), "{name}");
            for (variable, _) in settings_of(name) {
                assert!(SWITCHES.contains(variable), "{variable}");
            }
        }
        for name in ["mesh", "glibc", "jemalloc"] {
            assert!(settings_of(name).is_empty(), "{name}");
        }
    }

    #[test]
    fn a_tuned_peer_is_the_same_library_under_a_setting() {
        let tuned = Allocator::named("glibc-2-arenas").unwrap();
        assert_eq!(tuned.library, Allocator::named("glibc").unwrap().library);
        let mut command = Command::new("true");
        tuned.preload(&mut command);
        let setting = (OsStr::new("MALLOC_ARENA_MAX"), Some(OsStr::new("2")));
        assert!(command.get_envs().any(|one| one == setting));
    }

    #[test]
    fn a_preload_sets_the_library_and_the_switch() {
        let off = Allocator {
            name: "mesh-nomesh".into(),
            library: "/x/libmesh.so".into(),
            role: Role::Ours,
            settings: settings_of("mesh-nomesh"),
        };
        let mut command = Command::new("true");
        off.preload(&mut command);
        let environment: Vec<_> = command.get_envs().collect();
        assert!(
            environment.contains(&(OsStr::new("LD_PRELOAD"), Some(OsStr::new("/x/libmesh.so"))))
        );
        assert!(environment.contains(&(OsStr::new("MESH_ENABLED"), Some(OsStr::new("0")))));
    }
}
