//! The workloads, so that a number of objects says how long they are.

use super::pages::Noted;
use crate::block::{Plain, Source};
use crate::workloads::{glibc_thread, large, larson, mixed, xmalloc};
use anyhow::{Context, Result};

/// A workload of several threads.
pub(crate) struct Work {
    /// Its name, that of a workload of `run` where it is one.
    pub(crate) name: &'static str,
    /// About so many objects give a recording of a second or two.
    pub(crate) objects: u64,
    /// So many are counted, where each instruction is looked at.
    pub(crate) counted: u64,
    /// Allocates about so many objects; returns how many.
    plain: fn(u64) -> u64,
    /// The same, and notes who wrote to which page first.
    noted: fn(u64) -> u64,
}

macro_rules! work {
    ($name:literal, $objects:expr, $counted:expr, $function:ident) => {
        Work {
            name: $name,
            objects: $objects,
            counted: $counted,
            plain: $function::<Plain>,
            noted: $function::<Noted>,
        }
    };
}

/// All of them.
pub(crate) const ALL: &[Work] = &[
    work!("threads-8", glibc_thread::STEPS * 4, 50_000, eight),
    work!("threads-64", glibc_thread::STEPS * 2, 50_000, sixty_four),
    work!(
        "larson",
        larson::LINES * larson::GENERATIONS * larson::REPLACEMENTS as u64 * 2,
        1,
        servers
    ),
    work!(
        "xmalloc",
        xmalloc::PAIRS * xmalloc::BATCHES * xmalloc::BATCH as u64 * 3 / 4,
        50_000,
        pairs
    ),
    work!("mixed-2", mixed::STEPS * 2, 50_000, two),
    work!("large-2", large::STEPS * 2, 20_000, two_large),
];

/// The workload of that name.
pub(crate) fn named(name: &str) -> Result<&'static Work> {
    let found = ALL.iter().find(|work| work.name == name);
    found.with_context(|| {
        let names: Vec<_> = ALL.iter().map(|work| work.name).collect();
        format!("`{name}` is none of {}", names.join(", "))
    })
}

impl Work {
    /// Runs it for about so many objects; returns how many.
    pub(crate) fn run(&self, objects: u64, noted: bool) -> u64 {
        if noted {
            (self.noted)(objects)
        } else {
            (self.plain)(objects)
        }
    }
}

fn eight<S: Source>(objects: u64) -> u64 {
    glibc_thread::threads::<S>(8, objects / 8, 256);
    objects / 8 * 8
}

fn sixty_four<S: Source>(objects: u64) -> u64 {
    glibc_thread::threads::<S>(64, objects / 64, 256);
    objects / 64 * 64
}

fn servers<S: Source>(objects: u64) -> u64 {
    let of_a_generation = larson::LINES * larson::REPLACEMENTS as u64;
    let generations = objects.div_ceil(of_a_generation);
    larson::lines::<S>(larson::LINES, generations);
    generations * of_a_generation
}

fn pairs<S: Source>(objects: u64) -> u64 {
    let batches = objects.div_ceil(xmalloc::PAIRS * xmalloc::BATCH as u64);
    xmalloc::migrate::<S>(xmalloc::PAIRS, batches)
}

fn two<S: Source>(objects: u64) -> u64 {
    mixed::threads::<S>(2, objects / 2);
    objects / 2 * 2
}

fn two_large<S: Source>(objects: u64) -> u64 {
    large::threads::<S>(2, objects / 2);
    objects / 2 * 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_workload_says_how_much_it_did() {
        for work in ALL {
            assert_eq!(named(work.name).unwrap().objects, work.objects);
            assert!(work.run(1_000, false) >= 900, "{}", work.name);
            // What is allocated before the first step does not count.
            assert_eq!(work.run(0, true), 0, "{}", work.name);
        }
        assert!(named("none").is_err());
    }
}
