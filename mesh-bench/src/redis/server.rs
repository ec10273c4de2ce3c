//! A `redis-server` under an allocator, on a socket in a directory of its own; dropped, it is killed.

use super::client::Client;
use crate::allocators::Allocator;
use crate::cgroup::MemoryGroup;
use crate::launch::{Running, Usage};
use crate::{interrupt, probe, programs};
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A server that answers.
pub(crate) struct Server {
    running: Running,
    socket: PathBuf,
    // Last: the directory goes after the server.
    _directory: TempDir,
}

const START_LIMIT: Duration = Duration::from_secs(10);
const STOP_LIMIT: Duration = Duration::from_secs(20);

impl Server {
    /// Starts a server with `options`, which keeps nothing on disk, and waits until it answers.
    pub(crate) fn start(
        allocator: &Allocator,
        options: &[&str],
        group: Option<&MemoryGroup>,
    ) -> Result<Self> {
        let directory = tempfile::Builder::new()
            .prefix("mesh-bench-redis")
            .tempdir()?;
        let socket = directory.path().join("socket");
        let mut command = Command::new(programs::find("redis-server")?);
        command.args(["--port", "0", "--unixsocket"]).arg(&socket);
        command.arg("--dir").arg(directory.path());
        command.args([
            "--daemonize",
            "no",
            "--loglevel",
            "warning",
            "--save",
            "",
            "--appendonly",
            "no",
        ]);
        command
            .args(options)
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        allocator.preload(&mut command);
        let running = Running::start(command, group)?;
        let server = Self {
            running,
            socket,
            _directory: directory,
        };
        server.wait_until_it_answers()?;
        probe::expect_library(server.pid(), &allocator.library)?;
        Ok(server)
    }

    /// The socket to connect to.
    pub(crate) fn socket(&self) -> &Path {
        &self.socket
    }

    /// The process id.
    pub(crate) fn pid(&self) -> u32 {
        self.running.pid()
    }

    /// The process.
    pub(crate) fn running(&self) -> &Running {
        &self.running
    }

    /// A new connection.
    pub(crate) fn client(&self) -> Result<Client> {
        Client::connect(&self.socket).context("the server does not accept a connection")
    }

    /// An error once the server has ended by itself.
    pub(crate) fn expect_alive(&self) -> Result<()> {
        if self.running.has_ended()? {
            bail!("the server has ended by itself");
        }
        Ok(())
    }

    /// Tells the server to end, and returns what it used.
    pub(crate) fn stop(self) -> Result<Usage> {
        self.client()?.send(&["SHUTDOWN", "NOSAVE"])?;
        self.running
            .wait(STOP_LIMIT)?
            .success()
            .context("the server ends badly")
    }

    fn wait_until_it_answers(&self) -> Result<()> {
        let started = Instant::now();
        loop {
            interrupt::check()?;
            self.expect_alive()?;
            let answer =
                Client::connect(&self.socket).and_then(|mut client| client.call(&["PING"]));
            match answer {
                Ok(_) => return Ok(()),
                Err(error) if started.elapsed() > START_LIMIT => {
                    return Err(error).context("the server does not answer");
                }
                Err(_) => std::thread::sleep(Duration::from_millis(10)),
            }
        }
    }
}
