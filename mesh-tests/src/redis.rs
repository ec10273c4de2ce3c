//! A Redis server that listens on a socket in a directory of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use crate::run::Running;
use crate::{Outcome, Run, Settings, tool, witness};
use anyhow::{Context, Result, bail, ensure};

/// What a server may take to start, to load or to save.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running server. Its database file is `dump.rdb` in its directory.
#[derive(Debug)]
pub struct Server {
    running: Running,
    directory: PathBuf,
    settings: Settings,
}

impl Server {
    /// Starts a server in `directory`, which loads the database that is there.
    pub fn start(directory: &Path, settings: &Settings) -> Result<Self> {
        fs::create_dir_all(directory)?;
        let run = Run::tool("redis-server")?
            .arguments([
                "--port",
                "0",
                "--unixsocket",
                "socket",
                "--save",
                "",
                "--appendonly",
                "no",
            ])
            .arguments(["--enable-debug-command", "yes"])
            .variable("MALLOCSTATS", "1")
            .under(settings);
        let run = witness::attach(run, &directory.join("notes"))?;
        let mut server = Self {
            running: run.start(directory)?,
            directory: directory.to_owned(),
            settings: settings.clone(),
        };
        let start = Instant::now();
        while !matches!(server.command(&["PING"]).as_deref(), Ok("PONG")) {
            ensure!(start.elapsed() < PATIENCE, "the server does not answer");
            if !server.running.is_alive()? {
                bail!("the server ended: {}", server.running.finish()?);
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(server)
    }

    /// Sends one command, and returns the reply in the words of `redis-cli`.
    pub fn command(&self, words: &[&str]) -> Result<String> {
        let output = Command::new(tool::find("redis-cli")?)
            .arg("-s")
            .arg(self.socket())
            .args(words)
            .output()?;
        let reply = String::from_utf8_lossy(&output.stdout)
            .trim_end()
            .to_owned();
        let complaint = ["ERR", "LOADING", "Error"]
            .iter()
            .any(|word| reply.starts_with(word));
        if !output.status.success() || complaint {
            bail!(
                "{words:?}: {reply}{}",
                String::from_utf8_lossy(&output.stderr)
            );
        }
        Ok(reply)
    }

    /// Runs a script in the server.
    pub fn eval(&self, script: &str, arguments: &[&str]) -> Result<String> {
        self.command(&[&["EVAL", script, "0"], arguments].concat())
    }

    /// Runs `redis-benchmark` with all its commands.
    pub fn benchmark(&self, arguments: &[&str]) -> Result<()> {
        let output = Command::new(tool::find("redis-benchmark")?)
            .arg("-s")
            .arg(self.socket())
            .args(arguments)
            .output()?;
        let said = String::from_utf8_lossy(&output.stdout);
        let complained = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{arguments:?}: {said}{complained}");
        ensure!(
            !said.contains("Error") && !complained.contains("Error"),
            "{said}{complained}"
        );
        Ok(())
    }

    /// A checksum of all keys and values.
    pub fn digest(&self) -> Result<String> {
        self.command(&["DEBUG", "DIGEST"])
    }

    /// Whether a child is saving the database.
    pub fn is_saving(&self) -> Result<bool> {
        Ok(self
            .command(&["INFO", "persistence"])?
            .contains("rdb_bgsave_in_progress:1"))
    }

    /// Waits until the database has been saved, however long that takes: a child that sleeps after each key is slow on a
    /// machine with much to do.
    pub fn wait_for_save(&self) -> Result<()> {
        let mut progress = (Instant::now(), None);
        while self.is_saving()? {
            let saved = self.keys_saved()?;
            if progress.1 != Some(saved) {
                progress = (Instant::now(), Some(saved));
            }
            ensure!(
                progress.0.elapsed() < PATIENCE,
                "saving does not go on: {saved} keys"
            );
            thread::sleep(Duration::from_millis(20));
        }
        let info = self.command(&["INFO", "persistence"])?;
        ensure!(info.contains("rdb_last_bgsave_status:ok"), "{info}");
        ensure!(
            self.database().is_file(),
            "no {}",
            self.database().display()
        );
        Ok(())
    }

    /// How many keys the child that saves has written.
    fn keys_saved(&self) -> Result<u64> {
        const FIGURE: &str = "current_save_keys_processed:";
        let info = self.command(&["INFO", "persistence"])?;
        let keys = info.lines().find_map(|line| line.strip_prefix(FIGURE));
        let keys = keys.with_context(|| format!("no {FIGURE} in {info}"))?;
        keys.trim().parse().with_context(|| keys.to_owned())
    }

    /// The saved database.
    pub fn database(&self) -> PathBuf {
        self.directory.join("dump.rdb")
    }

    /// The process.
    pub fn id(&self) -> u32 {
        self.running.id()
    }

    /// The socket that it listens on.
    pub fn socket(&self) -> PathBuf {
        self.directory.join("socket")
    }

    /// Stops the server. It must end well, and must have run on the library.
    pub fn stop(mut self) -> Result<Outcome> {
        self.running.within(PATIENCE);
        // The server closes the connection, which redis-cli may call an error.
        let _ = self.command(&["SHUTDOWN", "NOSAVE"]);
        let outcome = self.running.finish()?.succeeded().context("redis-server")?;
        let library = self.settings.library().shared();
        witness::every_malloc_from(library, &[], &self.directory.join("notes"))?;
        Ok(outcome)
    }
}
