//! Redis: single-threaded, long-lived, and saved by a forked child that reads the whole heap.

use std::fs;
use std::ops::RangeInclusive;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use mesh_tests::redis::Server;
use mesh_tests::{Settings, statistics, tool};
use tempfile::TempDir;

/// How long a server may take to come to rest.
const PATIENCE: Duration = Duration::from_secs(60);

/// Keys with values whose sizes and bytes follow from their numbers.
const FILL: &str = "
    for n = tonumber(ARGV[1]), tonumber(ARGV[2]) do
        redis.call('SET', 'key:' .. n, string.rep(string.char(97 + n % 26), 100 + n * 7 % 400))
    end
    return 'OK'";

/// Deletes all but every eighth key: what stays lies sparse in its pages.
const THIN: &str = "
    for n = tonumber(ARGV[1]), tonumber(ARGV[2]) do
        if n * 7919 % 8 ~= 0 then redis.call('DEL', 'key:' .. n) end
    end
    return 'OK'";

/// Writes to keys that are there, and adds hashes and lists.
const CHANGE: &str = "
    for n = tonumber(ARGV[1]), tonumber(ARGV[2]) do
        redis.call('APPEND', 'key:' .. n, 'changed')
        redis.call('HSET', 'hash:' .. n % 100, n, n * 3)
        redis.call('RPUSH', 'list:' .. n % 10, n)
    end
    return 'OK'";

#[test]
fn benchmark_then_save_and_reload() -> Result<()> {
    tool::require(&["redis-server", "redis-cli", "redis-benchmark"])?;
    for settings in Settings::usual()? {
        let scene = TempDir::with_prefix("mesh-redis-")?;
        let server = Server::start(scene.path(), &settings)?;
        server.benchmark(&[
            "-q", "-n", "10000", "-c", "20", "-r", "5000", "-d", "200", "-P", "4",
        ])?;
        server.eval(FILL, &["1", "20000"])?;
        let digest = server.digest()?;
        server.command(&["BGSAVE"])?;
        server.wait_for_save()?;
        ensure!(server.digest()? == digest, "saving changes the database");
        server.stop()?;

        let server = Server::start(scene.path(), &settings)?;
        ensure!(
            server.digest()? == digest,
            "reloading changes the database: {}",
            settings.name()
        );
        server.stop()?;
    }
    Ok(())
}

#[test]
fn writes_while_a_child_saves() -> Result<()> {
    tool::require(&["redis-server", "redis-cli"])?;
    let settings = [
        Settings::release_eager()?,
        Settings::release_mprotect()?,
        Settings::debug_eager()?,
    ];
    for settings in settings {
        let scene = TempDir::with_prefix("mesh-redis-")?;
        let server = Server::start(&scene.path().join("first"), &settings)?;
        for batch in 0..10 {
            let range = [
                &(batch * 20_000).to_string(),
                &(batch * 20_000 + 19_999).to_string(),
            ];
            server.eval(FILL, &range.map(String::as_str))?;
            server.eval(THIN, &range.map(String::as_str))?;
        }
        let before = server.digest()?;

        // The child takes its time, so that it reads while the parent writes.
        server.command(&["CONFIG", "SET", "rdb-key-save-delay", "60"])?;
        server.command(&["BGSAVE"])?;
        for batch in 0..10 {
            let range = [
                &(batch * 20_000).to_string(),
                &(batch * 20_000 + 4_999).to_string(),
            ];
            server.eval(CHANGE, &range.map(String::as_str))?;
            server.eval(THIN, &range.map(String::as_str))?;
        }
        ensure!(server.is_saving()?, "the child was too fast for this test");
        let after = server.digest()?;
        server.command(&["CONFIG", "SET", "rdb-key-save-delay", "0"])?;
        server.wait_for_save()?;
        ensure!(
            server.digest()? == after,
            "the end of saving changes the database"
        );

        // What was saved is the database as it was when the child was forked.
        let second = scene.path().join("second");
        fs::create_dir(&second)?;
        fs::copy(server.database(), second.join("dump.rdb"))?;
        let copy = Server::start(&second, &settings)?;
        ensure!(
            copy.digest()? == before,
            "the child saved another state: {}",
            settings.name()
        );
        copy.stop()?;

        let outcome = server.stop()?;
        if settings.meshes() {
            ensure!(
                statistics::meshes(&outcome.stderr) > Some(0),
                "nothing was meshed: {outcome}"
            );
        }
    }
    Ok(())
}

/// The figure `name` of what `INFO` says.
fn figure(info: &str, name: &str) -> Result<f64> {
    let line = info.lines().find_map(|line| line.strip_prefix(name));
    let number = line.with_context(|| format!("no {name} in {info}"))?;
    number.trim().parse().with_context(|| number.to_owned())
}

/// Fails unless `one` over `other` is within `ratio`.
fn compare(one: f64, other: f64, ratio: RangeInclusive<f64>) -> Result<()> {
    ensure!(ratio.contains(&(one / other)), "{one} and {other}");
    Ok(())
}

/// Debian's Redis is linked with jemalloc, and asks it by name what the heap holds. Of jemalloc itself, which is loaded as well and serves nothing, it
/// would hear of an empty heap.
#[test]
fn a_server_for_jemalloc_says_the_librarys_figures() -> Result<()> {
    tool::require(&["redis-server", "redis-cli"])?;
    for settings in [Settings::je()?, Settings::je_eager()?] {
        let scene = TempDir::with_prefix("mesh-redis-")?;
        let server = Server::start(scene.path(), &settings)?;
        let version = server.command(&["DEBUG", "MALLCTL-STR", "version"])?;
        ensure!(version.starts_with("5.3.0-mesh-"), "{version}");
        server.eval(FILL, &["1", "100000"])?;
        server.eval(THIN, &["1", "100000"])?;
        soon(|| {
            let meshes = server.command(&["DEBUG", "MALLCTL", "mesh.count"])?;
            ensure!(meshes != "0", "nothing is meshed");
            Ok(())
        })?;
        ensure!(server.command(&["MEMORY", "PURGE"])? == "OK");
        soon(|| says_what_it_is_told(&server))?;
        let summary = server.command(&["MEMORY", "MALLOC-STATS"])?;
        ensure!(summary.contains("MESH COUNT:"), "{summary}");
        server.stop()?;
    }
    Ok(())
}

/// The first success of `check`, or its last error.
fn soon(check: impl Fn() -> Result<()>) -> Result<()> {
    let start = Instant::now();
    while let Err(error) = check() {
        if start.elapsed() > PATIENCE {
            return Err(error);
        }
        thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}

/// Fails unless the figures in `INFO` are those that the library has just now. Redis takes them down ten times a second, and may still be rehashing.
fn says_what_it_is_told(server: &Server) -> Result<()> {
    let info = server.command(&["INFO", "memory"])?;
    let mut last = 0.0;
    for name in ["allocated", "active", "resident"] {
        let said = figure(&info, &format!("allocator_{name}:"))?;
        ensure!(said >= last, "{info}");
        last = said;
        let asked = server.command(&["DEBUG", "MALLCTL", &format!("stats.{name}")])?;
        compare(said, asked.parse()?, 0.95..=1.05).context(name)?;
    }
    // What Redis has asked for, and what threads keep.
    let allocated = figure(&info, "allocator_allocated:")?;
    compare(allocated, figure(&info, "used_memory:")?, 0.95..=1.25)
}
