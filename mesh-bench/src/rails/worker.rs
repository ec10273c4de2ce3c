//! The application's jobs under Sidekiq, through all phases.

use super::application::Application;
use super::jobs::{Job, Queue};
use super::plan::Plan;
use crate::allocators::Allocator;
use crate::cgroup::MemoryGroup;
use crate::launch::Running;
use crate::probe;
use crate::redis::server::Server;
use crate::service::{self, Done, Trial, Watch};
use anyhow::{Context, Result};
use std::path::Path;
use std::time::Duration;

/// As many as Puma has.
const THREADS: &str = "5";
const START_LIMIT: Duration = Duration::from_secs(60);
const STOP_LIMIT: Duration = Duration::from_secs(40);

/// Runs one trial; the worker gets a control group of its own if `groups` is a directory to make one in. Redis runs under glibc, and is not
/// measured.
pub(super) fn run(
    application: &Application,
    allocator: &Allocator,
    plan: &Plan,
    groups: Option<&Path>,
) -> Result<Trial> {
    let redis = Server::start(&Allocator::named("glibc")?, &[], None)?;
    let mut queue = Queue::new(redis.client()?);
    let group = groups.map(MemoryGroup::inside).transpose()?;
    let place = application.place()?;
    let mut command = application.server("sidekiq", &place, allocator)?;
    command
        .args(["--require", ".", "--concurrency", THREADS])
        .args(["--environment", "production"])
        .env("REDIS_URL", format!("unix://{}", redis.socket().display()));
    let sidekiq = Running::start(command, group.as_ref())?;
    let mut watch = Watch::start(sidekiq.pid(), group.as_ref());
    watch.phase("boot", || {
        service::until("Sidekiq starts", START_LIMIT, &sidekiq, || {
            queue.has_worker()
        })?;
        probe::expect_library(sidekiq.pid(), &allocator.library)?;
        Ok(Done::default())
    })?;
    watch.phase("steady", || queue.all_at_once(Job::Summary, plan.jobs))?;
    watch.phase("batch", || queue.all_at_once(Job::Export, plan.exports))?;
    watch.phase("gc", || queue.all_at_once(Job::Collect, 1))?;
    watch.phase("light", || {
        queue.one_by_one(Job::Summary, plan.light, Plan::PACE)
    })?;
    watch.phase("idle", || {
        service::rest(&sidekiq, plan.idle)?;
        Ok(Done::default())
    })?;
    watch.finish(|| {
        sidekiq.ask_to_end()?;
        sidekiq
            .wait(STOP_LIMIT)?
            .success()
            .context("Sidekiq ends badly")
    })
}
