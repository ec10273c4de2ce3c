//! A Redis server under a mixed load; the server alone is measured.

use super::{Body, Site, Workload};
use crate::allocators::Allocator;
use crate::course::peak;
use crate::launch::{self, Running};
use crate::meter::{Measurement, Meter, SAMPLE_PERIOD};
use crate::redis::server::Server;
use crate::sampler::{Accounts, Sampler};
use anyhow::{Context, Result};
use std::time::Duration;

/// `redis-benchmark` against `redis-server`.
pub(crate) const WORKLOAD: Workload = Workload {
    name: "redis",
    about: "redis-server under SET, GET, LPUSH, LRANGE, HSET from redis-benchmark",
    needs: &["redis-server", "redis-benchmark"],
    body: Body::Driven(serve),
};

const REQUESTS: u64 = 60_000;
const LIMIT: Duration = Duration::from_secs(120);

fn serve(site: &Site, allocator: &Allocator, meter: &Meter) -> Result<Measurement> {
    let group = meter.group()?;
    let server = Server::start(allocator, &[], group.as_ref())?;
    let sampler = group
        .is_none()
        .then(|| Sampler::start(server.pid(), Accounts::Mapped, SAMPLE_PERIOD));
    let requests = site.scale.of(REQUESTS).to_string();
    let mut load = site.command("redis-benchmark")?;
    load.arg("-s").arg(server.socket());
    load.args([
        "-q", "-n", &requests, "-c", "20", "-P", "8", "-d", "200", "-r", "100000",
    ]);
    load.args(["-t", "set,get,lpush,lrange_100,hset"]);
    let (load, _output) = launch::with_output(load)?;
    Running::start(load, None)?
        .wait(LIMIT)?
        .success()
        .context("redis-benchmark")?;
    let peak = match (&group, sampler) {
        (Some(group), _) => group.peak()?,
        (None, sampler) => sampler.map_or(0, |sampler| peak(&sampler.stop())),
    };
    Ok(Measurement::of(&server.stop()?, peak))
}
