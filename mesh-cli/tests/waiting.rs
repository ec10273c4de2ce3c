//! A process that has meshed, and waits.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::installed::{Installed, Said};

/// Seconds until figures must have been published.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Ended when this is dropped, with the children that it has told of.
pub(crate) struct Waiting {
    process: Child,
    children: Vec<i32>,
}

impl Waiting {
    /// Starts a program that says `ready` when it has meshed, and then one line for each of its `children`.
    pub(crate) fn start(command: &mut Command, children: usize) -> Result<Self> {
        let mut process = command
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("{command:?}"))?;
        let output = process.stdout.take().context("a pipe")?;
        let mut waiting = Self {
            process,
            children: Vec::new(),
        };
        let mut lines = BufReader::new(output).lines();
        for _ in 0..=children {
            let line = lines.next().context("the program has ended")??;
            let (who, number) = line.split_once(' ').context("two words")?;
            if who == "child" {
                waiting.children.push(number.parse()?);
            }
        }
        Ok(waiting)
    }

    pub(crate) fn pid(&self) -> String {
        self.process.id().to_string()
    }

    pub(crate) fn children(&self) -> &[i32] {
        &self.children
    }

    /// Ends the process, which is waited for.
    pub(crate) fn end(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }

    /// What `mesh stats --json` says of the process and its descendants, as soon as all heaps have figures in which meshing saved something.
    pub(crate) fn figures(&self, installed: &Installed) -> Result<Vec<Value>> {
        let start = Instant::now();
        loop {
            let mut command = installed.mesh(&["stats", &self.pid(), "--json", "--children"]);
            let said = Said::by(&mut command)?;
            let page: Value = serde_json::from_str(&said.output).context(said.errors)?;
            let processes = page["processes"].as_array().context("processes")?;
            let has_saved = |one: &Value| {
                one["heap"]["pages_saved"]
                    .as_u64()
                    .is_some_and(|pages| pages > 0)
            };
            if processes.len() == self.children.len() + 1 && processes.iter().all(has_saved) {
                return Ok(processes.clone());
            }
            if start.elapsed() > PATIENCE {
                bail!("not published: {page:#}");
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        for &child in &self.children {
            let child = nix::unistd::Pid::from_raw(child);
            // It may have ended by itself.
            let _ = nix::sys::signal::kill(child, nix::sys::signal::Signal::SIGKILL);
        }
        self.end();
    }
}
