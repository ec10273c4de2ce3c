//! `mesh-bench servers`: Redis, PostgreSQL and Rails at the same time under one library, whose answers and figures are checked.

use crate::allocators::Allocator;
use crate::bytes::Mebibytes;
use crate::service::{Checked, Figures, Terms};
use crate::{postgres, probe, rails, redis, table};
use anyhow::{Context, Result, anyhow};
use std::path::PathBuf;
use std::time::Duration;

/// Checks a library under Redis, PostgreSQL and Rails, which work beside each other for some time.
///
/// What Redis was given is read back, and is read back from its database; what PostgreSQL and Rails answer is what they answer under glibc. Then each
/// server is left alone for a moment, and its figures are read with `mesh stats`: they have to add up. Fails at the first answer or figure that is wrong, and at
/// an error in a log.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// The library
    #[arg(long, value_name = "FILE")]
    library: PathBuf,
    /// The launcher, for `mesh stats`
    #[arg(long, value_name = "FILE")]
    launcher: PathBuf,
    /// How long each server works
    #[arg(long, default_value_t = 60)]
    seconds: u64,
}

/// How one server is checked.
type Check = fn(&Terms) -> Result<Checked>;

const CHECKS: [(&str, Check); 3] = [
    ("Redis", redis::checked::run),
    ("PostgreSQL", postgres::checked::run),
    ("Rails", rails::checked::run),
];

/// The command.
pub(crate) fn run(args: &Args) -> Result<()> {
    let library = args.library.to_str().context("the library's path")?;
    let allocator = Allocator::named(&format!("mesh={library}"))?;
    probe::verify(&allocator)?;
    let terms = Terms {
        allocator,
        launcher: args.launcher.clone(),
        length: Duration::from_secs(args.seconds),
    };
    let all = std::thread::scope(|scope| {
        let start = |(name, check): (&'static str, Check)| {
            let terms = &terms;
            (name, scope.spawn(move || check(terms)))
        };
        let started = CHECKS.map(start);
        started.map(|(name, thread)| {
            let ended = thread.join().map_err(|_| anyhow!("its thread ended badly"));
            (name, ended.and_then(|checked| checked))
        })
    });
    let all: Vec<_> = all
        .into_iter()
        .map(|(name, checked)| Ok((name, checked.context(name)?)))
        .collect::<Result<_>>()?;
    println!("{}", report(&all));
    Ok(())
}

fn report(all: &[(&str, Checked)]) -> comfy_table::Table {
    let heads = [
        "server",
        "rounds",
        "answers",
        "processes",
        "meshes",
        "MiB",
        "MiB saved",
    ];
    let mut table = table::new(1, &heads);
    for (name, checked) in all {
        let sum = |figure: fn(&Figures) -> u64| checked.figures.iter().map(figure).sum::<u64>();
        table.add_row([
            (*name).to_owned(),
            checked.rounds.to_string(),
            checked.answers.to_string(),
            checked.figures.len().to_string(),
            sum(|figures| figures.meshes).to_string(),
            Mebibytes(sum(|figures| figures.physical) as f64).to_string(),
            Mebibytes(sum(|figures| figures.saved) as f64).to_string(),
        ]);
    }
    table
}
