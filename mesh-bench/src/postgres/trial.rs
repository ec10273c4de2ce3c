//! One server through all phases.

use super::cluster::{Cluster, Server};
use super::pgbench::{self, Kind};
use super::plan::Plan;
use super::pool::Pool;
use crate::allocators::Allocator;
use crate::cgroup::MemoryGroup;
use crate::service::{self, Done, Trial, Watch};
use anyhow::Result;
use std::path::Path;
use std::time::Duration;

/// Time for sessions to end, after their clients have.
const PARTING: Duration = Duration::from_millis(500);

/// Runs one trial over a copy of `original`; the server gets a control group of its own if `groups` is a directory to make one in.
pub(super) fn run(
    original: &Cluster,
    allocator: &Allocator,
    plan: &Plan,
    groups: Option<&Path>,
) -> Result<Trial> {
    let group = groups.map(MemoryGroup::inside).transpose()?;
    let preload = |command: &mut _| allocator.preload(command);
    let server = Server::start(original.copy()?, preload, group.as_ref())?;
    let mut watch = Watch::start(server.running().pid(), group.as_ref());
    watch.phase("boot", || {
        server.wait_until_it_answers()?;
        server.expect_library(allocator)?;
        Ok(Done::default())
    })?;
    let transactions = |kind, count| {
        let done = pgbench::run(&server, kind, plan.sessions, count)?;
        // Their time counts once they have ended.
        service::rest(server.running(), PARTING)?;
        Ok(done)
    };
    watch.phase("reads", || transactions(Kind::Reads, plan.reads))?;
    watch.phase("writes", || transactions(Kind::TpcB, plan.writes))?;
    let rest = |pause| {
        service::rest(server.running(), pause)?;
        Ok(Done::default())
    };
    let mut pool = Pool::open(&server, plan.sessions)?;
    watch.phase("pool", || pool.ask(plan.queries))?;
    watch.phase("idle", || rest(plan.idle))?;
    drop(pool);
    watch.phase("closed", || rest(PARTING))?;
    watch.finish(|| Ok(server.stop()?.1))
}
