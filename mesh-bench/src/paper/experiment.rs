//! What an experiment is.

use super::target::Target;
use super::trial::Trial;
use super::watched::watch;
use crate::allocators::Allocator;
use crate::child;
use crate::site::{Scale, Site};
use anyhow::{Context, Result};
use clap::ValueEnum;
use std::path::Path;

/// A program or process whose memory is watched under each allocator.
pub(crate) struct Experiment {
    /// Its name on the command line, in reports and of its files.
    pub(crate) name: &'static str,
    /// The name under which it is asked for with others of its kind.
    pub(crate) group: &'static str,
    /// What it does, in one line.
    pub(crate) about: &'static str,
    /// The programs it needs.
    pub(crate) needs: &'static [&'static str],
    /// Makes what all trials share, and gives the function that runs one.
    pub(crate) prepare: for<'a> fn(Bench<'a>) -> Result<Body<'a>>,
    /// Variants of Mesh that are measured beside the usual allocators.
    pub(crate) variants: &'static [&'static str],
    /// What is asked of Mesh.
    pub(crate) targets: &'static [Target],
    /// Physical memory in bytes that no allocator of the kind can be forced above, for the plot, and its name.
    pub(crate) bound: Option<Bound>,
}

/// A worst case known from theory.
pub(crate) struct Bound {
    /// Its name in the plot.
    pub(crate) name: &'static str,
    /// In bytes.
    pub(crate) bytes: fn(Scale) -> f64,
}

/// Runs one trial under an allocator.
pub(crate) type Body<'a> = Box<dyn Fn(&Allocator) -> Result<Trial> + 'a>;

/// The work of an experiment of our own.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(crate) enum Work {
    /// Tabs.
    Browser,
    /// An adversary that sees addresses.
    RobsonAddresses,
    /// One that does not.
    RobsonOrder,
}

/// Trials of a process of our own that does `work`.
pub(crate) fn own<'a>(bench: Bench<'a>, work: Work) -> Result<Body<'a>> {
    let value = work.to_possible_value().context("a hidden work")?;
    let quick = bench.site.scale == Scale::Quick;
    Ok(Box::new(move |allocator| {
        let mut command = child::command(&["paper", value.get_name()])?;
        command.args(quick.then_some("--quick"));
        watch(command, allocator, bench.groups)
    }))
}

/// Where an experiment runs.
pub(crate) struct Bench<'a> {
    /// Directory and scale.
    pub(crate) site: Site<'a>,
    /// The directory to make control groups in.
    pub(crate) groups: Option<&'a Path>,
}
