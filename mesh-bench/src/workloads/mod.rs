//! The workloads: one small file each, and one line in [`ALL`].

mod aligned;
mod alloc_test;
mod cache_scratch;
mod cache_thrash;
mod calloc;
mod cargo;
mod gcc;
mod glibc_thread;
mod idle_threads;
mod jq;
mod large;
mod larson;
mod linux_scalability;
mod mixed;
mod mleak;
mod mstress;
mod perl;
mod prodcons;
mod python;
mod realloc;
mod redis;
mod rptest;
mod ruby;
mod sh6;
mod sh8;
mod simple;
mod sizes;
mod sqlite;
mod threadtest;
mod xmalloc;
mod xz;

use crate::allocators::Allocator;
use crate::meter::{Meter, Run};
use crate::programs;
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Something to run under each allocator.
pub(crate) struct Workload {
    /// Its name on the command line and in reports.
    pub(crate) name: &'static str,
    /// What it does, in one line.
    pub(crate) about: &'static str,
    /// The programs it needs.
    pub(crate) needs: &'static [&'static str],
    /// How it runs.
    pub(crate) body: Body,
}

/// How a workload runs.
pub(crate) enum Body {
    /// A function of this tool, run in a child.
    Own(fn(Scale)),
    /// A program that runs to its end.
    Program(fn(&Site) -> Result<Command>),
    /// A program that is driven from outside while it is measured.
    Driven(fn(&Site, &Allocator, &Meter) -> Result<Run>),
}

/// How long a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scale {
    /// About a second.
    Full,
    /// About a tenth of it.
    Quick,
}

/// Where a workload runs.
pub(crate) struct Site<'a> {
    /// A directory for its files.
    pub(crate) directory: &'a Path,
    /// How long it shall run.
    pub(crate) scale: Scale,
}

/// All workloads, in the order of the report.
pub(crate) const ALL: &[Workload] = &[
    mixed::ONE_THREAD,
    mixed::TWO_THREADS,
    alloc_test::WORKLOAD,
    sh6::WORKLOAD,
    sh8::WORKLOAD,
    simple::WORKLOAD,
    glibc_thread::FOUR,
    glibc_thread::TWO,
    glibc_thread::EIGHT,
    glibc_thread::SIXTY_FOUR,
    linux_scalability::WORKLOAD,
    threadtest::WORKLOAD,
    cache_thrash::WORKLOAD,
    cache_scratch::WORKLOAD,
    larson::WORKLOAD,
    prodcons::WORKLOAD,
    xmalloc::WORKLOAD,
    mstress::WORKLOAD,
    rptest::WORKLOAD,
    mleak::WORKLOAD,
    idle_threads::WORKLOAD,
    aligned::WORKLOAD,
    calloc::WORKLOAD,
    realloc::WORKLOAD,
    large::WORKLOAD,
    python::MALLOC,
    python::DEFAULT,
    perl::WORKLOAD,
    ruby::WORKLOAD,
    gcc::WORKLOAD,
    cargo::WORKLOAD,
    sqlite::WORKLOAD,
    jq::WORKLOAD,
    xz::WORKLOAD,
    redis::WORKLOAD,
];

/// Names for several workloads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Suite {
    /// Those of this tool.
    Micro,
    /// Real programs.
    Programs,
    /// Both.
    All,
}

impl Suite {
    const NAMES: [(&str, Self); 3] = [
        ("micro", Self::Micro),
        ("programs", Self::Programs),
        ("all", Self::All),
    ];

    /// The suite of that name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let found = Self::NAMES.iter().find(|(suite, _)| *suite == name);
        found.map(|&(_, suite)| suite)
    }

    /// Its workloads, in the order of [`ALL`].
    pub(crate) fn workloads(self) -> impl Iterator<Item = &'static Workload> {
        ALL.iter().filter(move |workload| match self {
            Self::Micro => workload.is_own(),
            Self::Programs => !workload.is_own(),
            Self::All => true,
        })
    }
}

impl Workload {
    /// Whether it is a function of this tool.
    pub(crate) fn is_own(&self) -> bool {
        matches!(self.body, Body::Own(_))
    }
}

impl Scale {
    /// `full`, or a tenth of it.
    pub(crate) fn of(self, full: u64) -> u64 {
        match self {
            Self::Full => full,
            Self::Quick => (full / 10).max(1),
        }
    }
}

impl Site<'_> {
    /// A command of an installed program, without input and with its output thrown away.
    pub(crate) fn command(&self, program: &str) -> Result<Command> {
        let mut command = Command::new(programs::find(program)?);
        command
            .current_dir(self.directory)
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        Ok(command)
    }

    /// The file `name` with `contents`, written the first time it is asked for.
    pub(crate) fn file(&self, name: &str, contents: impl FnOnce() -> String) -> Result<PathBuf> {
        let path = self.directory.join(name);
        if !path.exists() {
            std::fs::write(&path, contents()).with_context(|| path.display().to_string())?;
        }
        Ok(path)
    }
}

/// The workload of that name.
pub(crate) fn named(name: &str) -> Result<&'static Workload> {
    ALL.iter()
        .find(|workload| workload.name == name)
        .with_context(|| format!("there is no workload or suite `{name}`: see --list"))
}

/// Runs one of our own in this process.
pub(crate) fn run_own(name: &str, quick: bool) -> Result<()> {
    match named(name)?.body {
        Body::Own(run) => {
            run(if quick { Scale::Quick } else { Scale::Full });
            Ok(())
        }
        Body::Program(_) | Body::Driven(_) => anyhow::bail!("{name} is a program"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_are_distinct_and_lead_to_their_workload() {
        let names: BTreeSet<_> = ALL.iter().map(|workload| workload.name).collect();
        assert_eq!(names.len(), ALL.len());
        assert!(
            ALL.iter()
                .all(|workload| named(workload.name).unwrap().about == workload.about)
        );
        assert!(named("none").is_err());
    }

    #[test]
    fn the_two_suites_are_all_workloads() {
        let names = |suite: &str| -> BTreeSet<_> {
            let suite = Suite::named(suite).unwrap();
            suite.workloads().map(|workload| workload.name).collect()
        };
        let (micro, programs) = (names("micro"), names("programs"));
        assert!(micro.contains("larson") && programs.contains("gcc"));
        assert!(micro.is_disjoint(&programs));
        assert_eq!(&micro | &programs, names("all"));
        assert!(ALL.iter().all(|one| Suite::named(one.name).is_none()));
    }

    #[test]
    fn a_quick_run_is_a_tenth_but_never_nothing() {
        assert_eq!(Scale::Full.of(50), 50);
        assert_eq!(Scale::Quick.of(50), 5);
        assert_eq!(Scale::Quick.of(3), 1);
    }

    #[test]
    fn a_file_is_written_once() {
        let directory = tempfile::tempdir().unwrap();
        let site = Site {
            directory: directory.path(),
            scale: Scale::Quick,
        };
        let path = site.file("a", || "first".into()).unwrap();
        site.file("a", || "second".into()).unwrap();
        assert_eq!(std::fs::read_to_string(path).unwrap(), "first");
    }
}
