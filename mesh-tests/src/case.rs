//! Compares a program under the library with the same program without it.

use anyhow::{Context, Result, bail};
use similar::TextDiff;

use crate::run::{Outcome, Run};
use crate::settings::Settings;
use crate::{scene, statistics};

/// A program, and what must be the same in every run of it.
#[derive(Debug)]
pub struct Case {
    run: Run,
    ending: &'static str,
    stderr: bool,
    /// Meshes that there must be, at least, where the settings allow them.
    meshes: u64,
    own: &'static [&'static str],
}

impl Case {
    /// A program that ends with exit code 0. Output, errors and status are compared.
    pub fn new(run: Run) -> Self {
        Self {
            run,
            ending: "exit 0",
            stderr: true,
            meshes: 0,
            own: &[],
        }
    }

    /// The program ends otherwise: `exit 3`, `signal 11`.
    pub fn ending(mut self, ending: &'static str) -> Self {
        self.ending = ending;
        self
    }

    /// What the program writes to standard error differs from run to run.
    pub fn any_stderr(mut self) -> Self {
        self.stderr = false;
        self
    }

    /// The program leaves its heap so sparse that the library must find something to mesh, where
    /// the settings allow it. Its statistics must say so; they take the place of standard error.
    pub fn meshing(self) -> Self {
        self.meshing_often(1)
    }

    /// The same, with a number of meshes that there must be.
    pub fn meshing_often(mut self, least: u64) -> Self {
        self.meshes = least;
        self.any_stderr()
    }

    /// Programs among the children that have an allocator of their own.
    pub fn own_allocators(mut self, programs: &'static [&'static str]) -> Self {
        self.own = programs;
        self
    }

    /// Runs the program without the library, then under each of `settings`. Returns what the run
    /// without the library gave.
    pub fn check(&self, settings: &[Settings]) -> Result<Outcome> {
        let control = scene::without(&self.run)?;
        if control.ending() != self.ending {
            bail!("without the library: expected {}: {control}", self.ending);
        }
        for settings in settings {
            self.check_one(settings, &control).with_context(|| {
                format!("{} under {}", self.run.program().display(), settings.name())
            })?;
        }
        Ok(control)
    }

    fn check_one(&self, settings: &Settings, control: &Outcome) -> Result<()> {
        let mut run = self.run.clone();
        if self.meshes > 0 {
            run = run.variable("MALLOCSTATS", "1");
        }
        let outcome = scene::under(&run, settings, self.own)?;
        if outcome.ending() != self.ending {
            bail!("expected {}: {outcome}", self.ending);
        }
        same("standard output", &control.stdout, &outcome.stdout)?;
        if self.stderr {
            same("standard error", &control.stderr, &outcome.stderr)?;
        }
        if self.meshes > 0 && settings.meshes() {
            match statistics::meshes(&outcome.stderr) {
                None => bail!("no statistics: {outcome}"),
                Some(0) => bail!("nothing was meshed: {outcome}"),
                Some(count) if count < self.meshes => {
                    bail!("{count} meshes, not {} or more: {outcome}", self.meshes)
                }
                Some(_) => {}
            }
        }
        Ok(())
    }
}

fn same(what: &str, without: &str, with: &str) -> Result<()> {
    if without == with {
        return Ok(());
    }
    let difference = TextDiff::from_lines(without, with);
    bail!(
        "{what} differs (-without, +with the library):\n{}",
        difference.unified_diff().context_radius(2)
    )
}
