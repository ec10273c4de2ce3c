//! The application under Puma, through all phases.

use super::application::{Application, Place};
use super::http::{Connection, Request};
use super::load;
use super::plan::Plan;
use crate::allocators::Allocator;
use crate::cgroup::MemoryGroup;
use crate::launch::{Running, Usage};
use crate::probe;
use crate::service::{self, Done, Trial, Watch};
use anyhow::{Context, Result, bail};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

const START_LIMIT: Duration = Duration::from_secs(60);
const STOP_LIMIT: Duration = Duration::from_secs(30);

/// A Puma that may not answer yet.
pub(super) struct Puma {
    running: Running,
    socket: PathBuf,
    // Last: the place goes after the server.
    _place: Place,
}

/// Runs one trial; the server gets a control group of its own if `groups` is a directory to make one in.
pub(super) fn run(
    application: &Application,
    allocator: &Allocator,
    plan: &Plan,
    groups: Option<&Path>,
) -> Result<Trial> {
    let group = groups.map(MemoryGroup::inside).transpose()?;
    let puma = Puma::start(application, allocator, plan.workers, group.as_ref())?;
    let mut watch = Watch::start(puma.running.pid(), group.as_ref());
    let socket = &puma.socket;
    let scale = application.scale();
    let mixed = load::mixed(plan.requests, scale);
    watch.phase("boot", || puma.wait_until_it_answers(allocator))?;
    watch.phase("steady", || load::all_at_once(socket, &mixed))?;
    watch.phase("batch", || {
        load::all_at_once(socket, &load::exports(plan.exports))
    })?;
    watch.phase("gc", || puma.collect(plan.workers))?;
    watch.phase("light", || {
        let few = load::mixed(plan.light, scale);
        load::one_by_one(socket, &few, Plan::PACE)
    })?;
    watch.phase("idle", || {
        service::rest(&puma.running, plan.idle)?;
        Ok(Done::default())
    })?;
    watch.finish(|| puma.stop())
}

impl Puma {
    pub(super) fn start(
        application: &Application,
        allocator: &Allocator,
        workers: u16,
        group: Option<&MemoryGroup>,
    ) -> Result<Self> {
        let place = application.place()?;
        let socket = place.file("socket");
        let mut command = application.server("puma", &place, allocator)?;
        command
            .args(["-C", "config/puma.rb"])
            .env("SHOP_SOCKET", &socket)
            .env("SHOP_WORKERS", workers.to_string());
        Ok(Self {
            running: Running::start(command, group)?,
            socket,
            _place: place,
        })
    }

    /// The process.
    pub(super) fn running(&self) -> &Running {
        &self.running
    }

    /// The socket to connect to.
    pub(super) fn socket(&self) -> &Path {
        &self.socket
    }

    pub(super) fn wait_until_it_answers(&self, allocator: &Allocator) -> Result<Done> {
        let up = Request::Get("/up".into());
        service::until("Puma answers", START_LIMIT, &self.running, || {
            let answer = Connection::open(&self.socket)?.call(&up)?;
            Ok(answer == b"up")
        })?;
        probe::expect_library(self.running.pid(), &allocator.library)?;
        Ok(Done::default())
    }

    /// Asks each process that serves for a full collection.
    pub(super) fn collect(&self, workers: u16) -> Result<Done> {
        let processes = usize::from(workers.max(1));
        let mut asked = BTreeSet::new();
        // Which process takes a connection is chance.
        for _ in 0..100 * processes {
            let request = Request::Post("/collect".into(), "{}".into());
            asked.insert(Connection::open(&self.socket)?.call(&request)?);
            if asked.len() == processes {
                return Ok(Done::default());
            }
        }
        bail!("{} of {processes} processes answer", asked.len())
    }

    pub(super) fn stop(self) -> Result<Usage> {
        self.running.ask_to_end()?;
        self.running
            .wait(STOP_LIMIT)?
            .success()
            .context("Puma ends badly")
    }
}
