//! Programs of the system that call jemalloc's functions.

use std::fs;
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use mesh_tests::redis::Server;
use mesh_tests::{Run, Settings, scene, tool};
use tempfile::TempDir;

/// A name server's tools allocate by `mallocx` and `sdallocx`.
#[test]
fn zones_of_bind() -> Result<()> {
    let scene_of = |settings: Option<&Settings>| -> Result<String> {
        let zone = TempDir::with_prefix("mesh-zone-")?;
        let file = zone.path().join("zone");
        let mut text =
            String::from("$TTL 60\n@ SOA ns root 1 60 60 60 60\n@ NS ns\nns A 10.0.0.1\n");
        for host in 0..20_000 {
            text += &format!("host{host} A 10.{}.{}.1\n", host / 256, host % 256);
            text += &format!("host{host} TXT \"{}\"\n", "x".repeat(host % 200));
        }
        fs::write(&file, text)?;
        let run = Run::tool("named-checkzone")?
            .arguments(["-D", "-o", "-", "example.org"])
            .argument(&file);
        let outcome = match settings {
            Some(settings) => scene::under(&run, settings, &[])?,
            None => scene::without(&run)?,
        };
        Ok(outcome.succeeded()?.stdout)
    };
    let expected = scene_of(None)?;
    ensure!(expected.lines().count() > 40_000, "{expected}");
    let plain = [Settings::release()?, Settings::release_eager()?];
    for settings in [Settings::je()?, Settings::je_eager()?]
        .iter()
        .chain(&plain)
    {
        ensure!(
            scene_of(Some(settings))? == expected,
            "another zone: {}",
            settings.name()
        );
    }
    Ok(())
}

/// The figure called `name` in a section of Redis' report, or in a list of names and values.
fn figure(text: &str, name: &str) -> Result<i64> {
    let of_section = |line: &str| {
        line.strip_prefix(name)?
            .strip_prefix(':')?
            .trim()
            .parse()
            .ok()
    };
    let lines: Vec<_> = text.lines().collect();
    let found = lines.iter().find_map(|line| of_section(line)).or_else(|| {
        let at = lines.iter().position(|line| *line == name)?;
        lines.get(at + 1)?.trim().parse().ok()
    });
    found.with_context(|| format!("no {name}: {text}"))
}

/// Debian's Redis asks jemalloc's names for what it reports of memory.
#[test]
fn redis_believes_that_it_runs_on_jemalloc() -> Result<()> {
    tool::require(&["redis-server", "redis-cli"])?;
    let scene = TempDir::with_prefix("mesh-redis-")?;
    let server = Server::start(scene.path(), &Settings::je()?)?;
    let fill = "for n = 1, 50000 do redis.call('SET', 'key:' .. n, string.rep('x', n % 500)) end return 'OK'";
    let thin =
        "for n = 1, 50000 do if n % 8 ~= 0 then redis.call('DEL', 'key:' .. n) end end return 'OK'";
    server.eval(fill, &[])?;
    // The figures are taken several times in a second, and the server does nothing meanwhile.
    sleep(Duration::from_millis(1500));
    let info = server.command(&["INFO", "memory"])?;
    ensure!(info.contains("mem_allocator:jemalloc"), "{info}");
    let of_info = |name| figure(&info, name);
    let [allocated, active, resident] = [
        "allocator_allocated",
        "allocator_active",
        "allocator_resident",
    ]
    .map(of_info);
    let (allocated, active, resident) = (allocated?, active?, resident?);
    let used = of_info("used_memory")?;
    ensure!(used > 5 << 20 && allocated > used / 2, "{info}");
    ensure!(allocated <= active && active <= resident, "{info}");
    ensure!(resident < 10 * used, "{info}");

    let near = |one: i64, other: i64| (one - other).abs() < 4 << 20;
    let own = server.command(&["MEMORY", "STATS"])?;
    for (name, value) in [
        ("allocator.allocated", allocated),
        ("allocator.active", active),
        ("allocator.resident", resident),
    ] {
        let of_own = figure(&own, name)?;
        ensure!(
            of_own > 0 && near(of_own, value),
            "{name}: {of_own}, {value}"
        );
    }
    let printed = server.command(&["MEMORY", "MALLOC-STATS"])?;
    let totals = printed.lines().find(|line| line.contains("Allocated: "));
    let words: Vec<_> = totals.context(printed.clone())?.split([' ', ',']).collect();
    for (name, value) in [
        ("Allocated:", allocated),
        ("active:", active),
        ("resident:", resident),
    ] {
        let at = words.iter().position(|word| *word == name);
        let word = at
            .and_then(|at| words.get(at + 1))
            .with_context(|| printed.clone())?;
        ensure!(near(word.parse()?, value), "{name}: {word}, {value}");
    }

    server.eval(thin, &[])?;
    let digest = server.digest()?;
    ensure!(server.command(&["MEMORY", "PURGE"])? == "OK");
    server.command(&["MEMORY", "DOCTOR"])?;
    // Debian's is not built with its defragmentation, and says so; one that is would have it.
    let defragmentation = server.command(&["CONFIG", "SET", "activedefrag", "yes"]);
    let refused = defragmentation
        .as_ref()
        .err()
        .map(|error| format!("{error:#}"));
    ensure!(
        refused
            .as_ref()
            .is_none_or(|error| error.contains("Active defragmentation cannot be enabled")),
        "{defragmentation:?}"
    );
    ensure!(server.command(&["CONFIG", "SET", "jemalloc-bg-thread", "no"])? == "OK");
    ensure!(server.command(&["CONFIG", "SET", "jemalloc-bg-thread", "yes"])? == "OK");
    server.eval(fill, &[])?;
    server.eval(thin, &[])?;
    ensure!(server.digest()? == digest, "another database");
    server.stop()?;
    Ok(())
}
