//! A Redis server under write load, which is saved all the time by children that read its whole heap.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use mesh_tests::redis::Server;
use mesh_tests::{Settings, statistics, tool};
use tempfile::TempDir;

use crate::growth::{Growth, SAMPLES};
use crate::{repeat, share, turn};

/// Writes keys and deletes most of them: what stays lies sparse in its pages.
const CHURN: &str = "
    for n = 1, 4000 do
        redis.call('SET', 'churn:' .. n, string.rep(string.char(97 + n % 26), 50 + n * 7 % 600))
    end
    for n = 1, 4000 do
        if n * 7919 % 8 ~= 0 then redis.call('DEL', 'churn:' .. n) end
    end
    return 'OK'";

/// Clients that write to a bounded set of keys until they are dropped.
struct Load(Child);

impl Load {
    fn on(server: &Server) -> Result<Self> {
        let child = Command::new(tool::find("redis-benchmark")?)
            .arg("-s")
            .arg(server.socket())
            .args(["-l", "-q", "-c", "8", "-P", "4", "-r", "10000", "-d", "300"])
            .args(["-t", "set,get,incr,sadd,hset"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        Ok(Self(child))
    }

    fn goes_on(&mut self) -> Result<bool> {
        Ok(self.0.try_wait()?.is_none())
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        // An error says that it has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Saves while clients write; what was saved loads, and is the database as it was at the fork.
fn save_and_load(server: &Server, scene: &TempDir, settings: &Settings) -> Result<()> {
    // Who writes waits until the child is there, so that the digest is that of the snapshot.
    server.command(&["CLIENT", "PAUSE", "60000", "WRITE"])?;
    let digest = server.digest()?;
    server.command(&["BGSAVE"])?;
    server.command(&["CLIENT", "UNPAUSE"])?;
    server.eval(CHURN, &[])?;
    server.wait_for_save()?;

    let directory = scene.path().join("copy");
    fs::create_dir_all(&directory)?;
    fs::copy(server.database(), directory.join("dump.rdb"))?;
    let copy = Server::start(&directory, settings).context("loading a snapshot")?;
    ensure!(
        copy.digest()? == digest,
        "the child saved another state under {}",
        settings.name()
    );
    copy.stop()?;
    Ok(())
}

#[test]
fn every_snapshot_of_a_busy_server_loads() -> Result<()> {
    tool::require(&["redis-server", "redis-cli", "redis-benchmark"])?;
    let _turn = turn();
    for settings in Settings::both_barriers()? {
        let scene = TempDir::with_prefix("mesh-soak-")?;
        let server = Server::start(&scene.path().join("server"), &settings)?;
        let mut load = Load::on(&server)?;
        let mut growth = Growth::new();
        // Until all keys are there the server grows rightly.
        let every = ["-q", "-n", "60000", "-r", "10000", "-d", "300", "-P", "16"];
        server.benchmark(&[&every[..], &["-t", "set,sadd,hset"]].concat())?;
        server.command(&["CONFIG", "SET", "rdb-key-save-delay", "10"])?;
        let mut snapshots = 0;
        repeat(share(Duration::from_secs(10)), SAMPLES, || {
            save_and_load(&server, &scene, &settings)?;
            snapshots += 1;
            growth.sample(server.id())
        })
        .with_context(|| format!("snapshot {snapshots} under {}", settings.name()))?;
        ensure!(load.goes_on()?, "the clients have ended");
        drop(load);
        let outcome = server.stop()?;
        let meshes = statistics::meshes(&outcome.stderr);
        let (first, last) = growth.ends()?;
        println!(
            "{}: {snapshots} snapshots, {meshes:?} meshes, {} to {} KiB",
            settings.name(),
            first >> 10,
            last >> 10
        );
        ensure!(meshes > Some(0), "nothing was meshed: {outcome}");
        growth.check().with_context(|| settings.name())?;
    }
    Ok(())
}
