//! A Redis server under a mixed load; the server alone is measured.

use super::workload::{Body, Workload};
use crate::allocators::Allocator;
use crate::launch::{self, Running};
use crate::meter::{Meter, Run, SAMPLE_PERIOD, Watch};
use crate::redis::server::Server;
use crate::site::Site;
use anyhow::{Context, Result, bail};
use std::time::Duration;

/// `redis-benchmark` against `redis-server`.
pub(crate) const WORKLOAD: Workload = Workload {
    name: "redis",
    about: "redis-server under SET, GET, LPUSH, LRANGE, HSET, EVAL from redis-benchmark",
    needs: &["redis-server", "redis-benchmark"],
    body: Body::Driven(serve),
};

const REQUESTS: u64 = 60_000;
const SCRIPTS: u64 = 20_000;

/// Tables and strings of Lua, and lists of a bounded length.
const SCRIPT: &str = "local t = {} \
    for i = 1, 20 do t[i] = ARGV[1] .. ' ' .. i end \
    redis.call('RPUSH', KEYS[1], unpack(t)) \
    redis.call('LTRIM', KEYS[1], -40, -1) \
    return #table.concat(t, ',')";
const LIMIT: Duration = Duration::from_secs(120);

fn serve(site: &Site, allocator: &Allocator, meter: &Meter) -> Result<Run> {
    let mut watch = meter.watch()?;
    let server = Server::start(allocator, &[], watch.group())?;
    let commands = ["-t", "set,get,lpush,lrange_100,hset"];
    drive(
        site,
        &server,
        &mut watch,
        site.scale.of(REQUESTS),
        &commands,
    )?;
    let script = ["eval", SCRIPT, "1", "list:__rand_int__", "an argument"];
    drive(site, &server, &mut watch, site.scale.of(SCRIPTS), &script)?;
    let errors = server.client()?.call(&["INFO", "errorstats"])?;
    if let Some(error) = errors.lines().find(|line| line.starts_with("errorstat_")) {
        bail!("the server answers with errors: {error}");
    }
    watch.finish(&server.stop()?)
}

/// `redis-benchmark` with `requests` requests of each kind.
fn drive(
    site: &Site,
    server: &Server,
    watch: &mut Watch,
    requests: u64,
    kinds: &[&str],
) -> Result<()> {
    let mut load = site.command("redis-benchmark")?;
    load.arg("-s").arg(server.socket());
    load.args(["-q", "-n", &requests.to_string(), "-c", "20", "-P", "8"]);
    load.args(["-d", "200", "-r", "100000"]).args(kinds);
    let (load, _output) = launch::with_output(load)?;
    Running::start(load, None)?
        .wait_and(LIMIT, SAMPLE_PERIOD, &mut |_| watch.look(server.pid()))?
        .success()
        .context("redis-benchmark")?;
    Ok(())
}
