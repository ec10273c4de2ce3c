//! A cluster in a directory of its own, and the server over it.

use super::account::Account;
use super::session::Session;
use crate::allocators::Allocator;
use crate::cgroup::MemoryGroup;
use crate::launch::{Running, Usage};
use crate::{probe, programs, service};
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

/// A cluster without a server.
pub(super) struct Cluster {
    account: Account,
    directory: TempDir,
}

/// A server over a cluster; it may not answer yet.
pub(super) struct Server {
    running: Running,
    // Last: the cluster goes after the server.
    cluster: Cluster,
}

/// The role and the database of all sessions.
pub(super) const ROLE: &str = "postgres";

const LIMIT: Duration = Duration::from_secs(120);
const START_LIMIT: Duration = Duration::from_secs(60);
const INSTALLED: &str = "/usr/lib/postgresql";

/// Nothing survives a crash, nothing is done by the clock, and memory is as a small server has it.
const SETTINGS: [&str; 10] = [
    "listen_addresses=",
    "port=5432",
    "fsync=off",
    "autovacuum=off",
    "checkpoint_timeout=1h",
    "max_wal_size=4GB",
    "shared_buffers=64MB",
    "huge_pages=off",
    "jit=off",
    "max_connections=600",
];

impl Cluster {
    /// A new cluster with what `fill` puts there.
    pub(super) fn create(fill: impl FnOnce(&Server) -> Result<()>) -> Result<Self> {
        let cluster = Self::empty()?;
        let mut command = cluster.command("initdb")?;
        command.args(["--auth=trust", "--no-sync", "--encoding=UTF8"]);
        command.args(["--locale=C.UTF-8", "--username", ROLE]);
        finish(command, "initdb")?;
        let server = Server::start(cluster, |_| (), None)?;
        server.wait_until_it_answers()?;
        fill(&server)?;
        let (cluster, _) = server.stop()?;
        Ok(cluster)
    }

    /// A copy with the same contents.
    pub(super) fn copy(&self) -> Result<Self> {
        let copy = Self::empty()?;
        let mut command = Command::new(programs::find("cp")?);
        command.arg("-a").arg(self.data()).arg(copy.data());
        finish(command, "cp")?;
        Ok(copy)
    }

    fn empty() -> Result<Self> {
        let account = Account::find()?;
        let directory = tempfile::Builder::new()
            .prefix("mesh-bench-postgres")
            .tempdir()?;
        account.give(directory.path())?;
        Ok(Self { account, directory })
    }

    fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    /// A program of the server over this cluster, under its account.
    fn command(&self, program: &str) -> Result<Command> {
        let mut command = Command::new(find(program)?);
        command
            .current_dir(self.directory.path())
            .arg("-D")
            .arg(self.data())
            .env("LC_ALL", "C.UTF-8")
            .env("TZ", "UTC")
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        self.account.run(&mut command);
        Ok(command)
    }
}

impl Server {
    /// Starts a server in `group`, after `prepare` has seen its command.
    pub(super) fn start(
        cluster: Cluster,
        prepare: impl FnOnce(&mut Command),
        group: Option<&MemoryGroup>,
    ) -> Result<Self> {
        let mut command = cluster.command("postgres")?;
        command.arg("-k").arg(cluster.directory.path());
        for setting in SETTINGS {
            command.args(["-c", setting]);
        }
        prepare(&mut command);
        Ok(Self {
            running: Running::start(command, group)?,
            cluster,
        })
    }

    /// The first process.
    pub(super) fn running(&self) -> &Running {
        &self.running
    }

    /// The directory of its socket.
    pub(super) fn directory(&self) -> &Path {
        self.cluster.directory.path()
    }

    /// A new session.
    pub(super) fn session(&self) -> Result<Session> {
        Session::open(&self.directory().join(".s.PGSQL.5432"), ROLE)
    }

    /// Until a query is answered.
    pub(super) fn wait_until_it_answers(&self) -> Result<()> {
        service::until("PostgreSQL answers", START_LIMIT, &self.running, || {
            self.session()?.query("SELECT 1")?;
            Ok(true)
        })
    }

    /// An error unless it runs under `allocator`.
    pub(super) fn expect_library(&self, allocator: &Allocator) -> Result<()> {
        probe::expect_library(self.running.pid(), &allocator.library)
    }

    /// Ends the server when its last session has ended.
    pub(super) fn stop(self) -> Result<(Cluster, Usage)> {
        self.running.ask_to_end()?;
        let usage = self.running.wait(LIMIT)?;
        let usage = usage.success().context("PostgreSQL ends badly")?;
        Ok((self.cluster, usage))
    }
}

/// Runs a command to its end.
fn finish(command: Command, name: &'static str) -> Result<()> {
    Running::start(command, None)?
        .wait(LIMIT)?
        .success()
        .context(name)?;
    Ok(())
}

/// A program of PostgreSQL, of the newest version that is installed as Debian does, or on the path.
pub(super) fn find(program: &str) -> Result<PathBuf> {
    let versions = std::fs::read_dir(INSTALLED).into_iter().flatten().flatten();
    let newest = versions
        .filter_map(|version| version.file_name().to_str()?.parse::<u32>().ok())
        .max();
    let of_version = |version: u32| Path::new(INSTALLED).join(format!("{version}/bin/{program}"));
    match newest.map(of_version).filter(|path| path.is_file()) {
        Some(path) => Ok(path),
        None => programs::find(program),
    }
}
