//! The workloads: one small file each, and one line in [`ALL`].

mod aligned;
mod alloc_test;
mod cache_scratch;
mod cache_thrash;
mod calloc;
mod cargo;
mod gcc;
pub(crate) mod glibc_thread;
mod idle_threads;
mod jq;
pub(crate) mod large;
pub(crate) mod larson;
mod linux_scalability;
mod lua;
pub(crate) mod mixed;
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
mod startup;
mod threadtest;
mod workload;
pub(crate) mod xmalloc;
mod xz;

pub(crate) use workload::{Body, Workload};

use crate::site::Scale;
use anyhow::{Context, Result};

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
    lua::WORKLOAD,
    ruby::WORKLOAD,
    ruby::WORKER,
    gcc::WORKLOAD,
    cargo::WORKLOAD,
    sqlite::WORKLOAD,
    jq::WORKLOAD,
    xz::WORKLOAD,
    redis::WORKLOAD,
];

/// Every workload that has a name: those of the suites, and what it costs to start a program.
fn every() -> impl Iterator<Item = &'static Workload> {
    const { &startup::ALL }.iter().chain(ALL)
}

/// Names for several workloads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Suite {
    /// Those of this tool.
    Micro,
    /// Real programs.
    Programs,
    /// Both.
    All,
    /// Programs that do nothing.
    Startup,
}

impl Suite {
    const NAMES: [(&str, Self); 4] = [
        ("micro", Self::Micro),
        ("programs", Self::Programs),
        ("all", Self::All),
        ("startup", Self::Startup),
    ];

    /// The suite of that name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let found = Self::NAMES.iter().find(|(suite, _)| *suite == name);
        found.map(|&(_, suite)| suite)
    }

    /// Its workloads, in the order of the report.
    pub(crate) fn workloads(self) -> impl Iterator<Item = &'static Workload> {
        let of = match self {
            Self::Startup => const { &startup::ALL },
            Self::Micro | Self::Programs | Self::All => ALL,
        };
        of.iter().filter(move |workload| match self {
            Self::Micro => workload.is_own(),
            Self::Programs => !workload.is_own(),
            Self::All | Self::Startup => true,
        })
    }
}

/// The workload of that name.
pub(crate) fn named(name: &str) -> Result<&'static Workload> {
    every()
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
        let names: BTreeSet<_> = every().map(|workload| workload.name).collect();
        assert_eq!(names.len(), every().count());
        assert!(every().all(|workload| named(workload.name).unwrap().about == workload.about));
        assert!(named("none").is_err());
    }

    #[test]
    fn two_suites_are_all_workloads_and_one_is_apart() {
        let names = |suite: &str| -> BTreeSet<_> {
            let suite = Suite::named(suite).unwrap();
            suite.workloads().map(|workload| workload.name).collect()
        };
        let (micro, programs) = (names("micro"), names("programs"));
        assert!(micro.contains("larson") && programs.contains("gcc"));
        assert!(micro.is_disjoint(&programs));
        assert_eq!(&micro | &programs, names("all"));
        assert!(names("startup").is_disjoint(&names("all")));
        assert!(every().all(|one| Suite::named(one.name).is_none()));
    }
}
