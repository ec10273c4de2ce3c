//! What a workload is.

use crate::allocators::Allocator;
use crate::meter::{Meter, Run};
use crate::site::{Scale, Site};
use anyhow::Result;
use std::process::Command;

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

impl Workload {
    /// Whether it is a function of this tool.
    pub(crate) fn is_own(&self) -> bool {
        matches!(self.body, Body::Own(_))
    }
}
