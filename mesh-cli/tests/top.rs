//! `mesh top`, in a terminal of `tmux`.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use mesh_tests::{Program, tool};

use crate::installed::{Installed, Said};
use crate::stats::WAITS;
use crate::waiting::Waiting;

/// Seconds until something must be on the screen.
const PATIENCE: Duration = Duration::from_secs(20);

/// A terminal of its own; it is closed with this value.
struct Terminal {
    tmux: std::path::PathBuf,
    socket: std::path::PathBuf,
}

impl Terminal {
    fn open(installed: &Installed, command: &[&str]) -> Result<Self> {
        let terminal = Self {
            tmux: tool::find("tmux")?,
            socket: installed.path("tmux"),
        };
        let size = ["-x", "110", "-y", "60"];
        let line = [&["new-session", "-d"][..], &size, command].concat();
        terminal.ask(&line)?.ended_with(0)?;
        Ok(terminal)
    }

    fn ask(&self, arguments: &[&str]) -> Result<Said> {
        let mut command = Command::new(&self.tmux);
        // The user's own settings and sessions are none of ours.
        command.env_remove("TMUX").env("LC_ALL", "C.UTF-8");
        command
            .args(["-u", "-f", "/dev/null", "-S"])
            .arg(&self.socket);
        Said::by(command.args(arguments))
    }

    /// Waits until the screen is as `is_right` wants it.
    fn shows(&self, is_right: impl Fn(&str) -> bool) -> Result<String> {
        let start = Instant::now();
        loop {
            let screen = self.ask(&["capture-pane", "-p"])?;
            if is_right(&screen.output) {
                return Ok(screen.output);
            }
            if start.elapsed() > PATIENCE {
                bail!("{}{}", screen.output, screen.errors);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Waits until the command in it has ended, and with it the terminal.
    fn ends(&self) -> Result<()> {
        let start = Instant::now();
        while self.ask(&["has-session"])?.status == Some(0) {
            ensure!(start.elapsed() < PATIENCE, "it goes on");
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // The server ends with its last session, and so may have ended.
        let _ = self.ask(&["kill-server"]);
    }
}

#[test]
fn a_process_is_shown_live_until_q() -> Result<()> {
    let installed = Installed::new()?;
    let program = Program::compile(&[WAITS])?;
    let mut command = installed.mesh(&["run", "--"]);
    let mut waiting = Waiting::start(command.arg(program.run().program()), 0)?;
    let figures = waiting.figures(&installed)?;
    let mesh = installed.path("bin/mesh");
    let mesh = mesh.to_str().context("a path")?;
    let line = [mesh, "top", &waiting.pid(), "--every", "100"];
    let terminal = Terminal::open(&installed, &line)?;
    let screen = terminal.shows(|screen| screen.contains("q quits"))?;
    for words in [
        "physical memory",
        "saved now",
        "groups of spans",
        "mappings added",
        "longest hold",
        "since the last look",
        "object",
        "filled",
        "░",
    ] {
        ensure!(screen.contains(words), "no {words}:\n{screen}");
    }
    // The class of 64 bytes, with its spans.
    let classes = figures[0]["heap"]["classes"]
        .as_array()
        .context("classes")?;
    let class = classes
        .iter()
        .find(|class| class["object_size"] == 64)
        .context("a class")?;
    let shown = screen.lines().any(|line| {
        let words: Vec<_> = line.split_whitespace().collect();
        words.first() == Some(&"64") && words.get(2) == Some(&&*class["spans"].to_string())
    });
    ensure!(shown, "{class}\n{screen}");
    waiting.end();
    terminal.shows(|screen| screen.contains("the process has ended"))?;
    terminal.ask(&["send-keys", "q"])?.ended_with(0)?;
    terminal.ends()
}

#[test]
fn without_a_terminal_something_else_is_proposed() -> Result<()> {
    let installed = Installed::new()?;
    let own = std::process::id().to_string();
    let said = Said::by(&mut installed.mesh(&["top", &own]))?.ended_with(125)?;
    ensure!(said.errors.contains("--watch"), "{}", said.errors);
    Ok(())
}
