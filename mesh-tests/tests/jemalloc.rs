//! jemalloc's names: what programs that were written for it find under `libmesh-je.so`, compared with jemalloc itself.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use mesh_tests::compile::Linking;
use mesh_tests::redis::Server;
use mesh_tests::{Library, Program, Run, Settings, scene, tool};
use serde_json::Value;
use tempfile::TempDir;

use crate::conformance::all_ok;

/// Names that answer as jemalloc's do. What is switched off by what is tried comes last.
const ALIKE: &[&str] = &[
    "version epoch max_background_threads background_thread",
    "config.cache_oblivious config.debug config.fill config.lazy_lock config.malloc_conf config.prof config.prof_libgcc",
    "config.prof_libunwind config.stats config.utrace config.xmalloc",
    "opt.abort opt.abort_conf opt.confirm_conf opt.cache_oblivious opt.metadata_thp opt.trust_madvise opt.retain opt.dss",
    "opt.narenas opt.oversize_threshold opt.percpu_arena opt.background_thread opt.max_background_threads",
    "opt.dirty_decay_ms opt.muzzy_decay_ms opt.stats_print opt.stats_print_opts opt.stats_interval opt.stats_interval_opts",
    "opt.zero opt.zero_realloc opt.tcache opt.tcache_max opt.thp opt.hpa opt.experimental_infallible_new",
    "opt.prof opt.prof_prefix opt.prof_active opt.prof_thread_active_init opt.lg_prof_sample opt.prof_accum",
    "opt.lg_prof_interval opt.prof_gdump opt.prof_final opt.prof_leak opt.prof_leak_error opt.prof_stats",
    "thread.arena thread.idle thread.tcache.flush thread.prof.active",
    "arena.0.initialized arena.0.decay arena.0.purge arena.0.reset arena.0.destroy arena.0.dirty_decay_ms",
    "arena.0.muzzy_decay_ms arena.4096.initialized arena.4096.decay arena.4096.purge arena.4096.reset",
    "arena.4096.dirty_decay_ms arena.5000.purge arena.x.purge arena.0 arena..purge arena.1.purge arena.1.decay",
    "arenas.narenas arenas.dirty_decay_ms arenas.muzzy_decay_ms arenas.quantum arenas.page arenas.tcache_max",
    "arenas.nbins arenas.nhbins arenas.nlextents arenas.bin.0.size arenas.bin.0.nregs arenas.bin.0.slab_size",
    "arenas.bin.0.nshards arenas.bin.9.size arenas.bin.999.size arenas.bin.0 arenas.bin arenas.lextent.999.size",
    "prof.active prof.thread_active_init prof.gdump prof.lg_sample prof.interval",
    "stats.allocated stats.active stats.metadata stats.metadata_thp stats.resident stats.mapped stats.retained",
    "stats.zero_reallocs stats.background_thread.num_threads stats.background_thread stats.arenas stats.arenas.0",
    "stats.arenas.0.nthreads stats.arenas.0.uptime stats.arenas.0.dss stats.arenas.0.dirty_decay_ms",
    "stats.arenas.0.muzzy_decay_ms stats.arenas.0.pactive stats.arenas.0.pdirty stats.arenas.0.pmuzzy",
    "stats.arenas.0.mapped stats.arenas.0.retained stats.arenas.0.base stats.arenas.0.internal",
    "stats.arenas.0.metadata_thp stats.arenas.0.resident stats.arenas.0.tcache_bytes",
    "stats.arenas.0.tcache_stashed_bytes stats.arenas.0.small.allocated stats.arenas.0.large.allocated",
    "stats.arenas.0.bins.0.curregs stats.arenas.0.bins.0.curslabs stats.arenas.0.bins.0.nonfull_slabs",
    "stats.arenas.0.bins.0.nslabs stats.arenas.4096.nthreads stats.arenas.4096.small.allocated",
    "stats.arenas.4096.bins.3.curregs stats.arenas.4097.nthreads stats.arenas.5000.nthreads stats.arenas.0.bins.999.curregs",
    "opt stats epochs epoch.x version. . stats..allocated config.no stats.allocate",
    "thread.tcache.enabled",
];

/// Names of jemalloc's that mean nothing here, or that say what is not counted: nobody knows them.
const UNKNOWN: &[&str] = &[
    "opt.lg_extent_max_active_fit opt.tcache_nslots_small_min opt.lg_tcache_nslots_mul opt.mutex_max_spin",
    "thread.allocated thread.allocatedp thread.deallocated thread.deallocatedp thread.peak.read thread.peak.reset",
    "thread.prof.name arena.0.dss arena.0.retain_grow_limit arena.0.extent_hooks arenas.lextent.0.size",
    "prof.dump prof.prefix prof.reset stats.background_thread.num_runs stats.background_thread.run_interval",
    "stats.mutexes.ctl.num_ops stats.mutexes.reset stats.arenas.0.mutexes.large.num_ops",
    "stats.arenas.0.extent_avail stats.arenas.0.dirty_npurge stats.arenas.0.small.nmalloc stats.arenas.0.small.nrequests",
    "stats.arenas.0.large.nmalloc stats.arenas.0.bins.0.nmalloc stats.arenas.0.bins.0.nfills",
    "stats.arenas.0.lextents.0.curlextents experimental.utilization.query experimental.utilization.batch_query",
];

/// The single names of such a list.
fn names(list: &'static [&'static str]) -> Vec<&'static str> {
    list.iter().flat_map(|line| line.split(' ')).collect()
}

/// [`ALIKE`], one by one.
pub(crate) fn alike() -> impl Iterator<Item = &'static str> {
    names(ALIKE).into_iter()
}

/// jemalloc, as a library to preload.
fn jemalloc() -> Result<PathBuf> {
    let gcc = std::process::Command::new(tool::find("gcc")?)
        .arg("-print-file-name=libjemalloc.so.2")
        .output()?;
    let path = PathBuf::from(String::from_utf8(gcc.stdout)?.trim());
    ensure!(path.is_absolute(), "libjemalloc2 is not installed");
    Ok(path.canonicalize()?)
}

/// A program that is linked with jemalloc, and finds our names before its own when ours is preloaded.
fn program(source: &str) -> Result<Program> {
    Program::compile_with(&[source], Linking::Others(&["-ljemalloc"]))
}

#[test]
fn names_answer_as_jemalloc_does() -> Result<()> {
    let program = Program::compile(&["jemalloc/names.c"])?;
    let names = names(ALIKE);
    let run = program.run().arguments(names.clone());
    let answers = |outcome: mesh_tests::Outcome| -> Result<Vec<String>> {
        let lines: Vec<_> = outcome.stdout.lines().map(str::to_owned).collect();
        ensure!(lines.len() == names.len(), "{outcome}");
        Ok(lines)
    };
    let jemalloc = jemalloc()?;
    let theirs = scene::witnessed(&run.clone().preload(&jemalloc), &jemalloc, &[])?;
    let theirs = answers(theirs.succeeded()?)?;
    for settings in [Settings::je()?, Settings::release()?, Settings::debug()?] {
        let ours = answers(scene::under(&run, &settings, &[])?.succeeded()?)?;
        let differ: Vec<_> = theirs
            .iter()
            .zip(&ours)
            .filter(|(theirs, ours)| theirs != ours)
            .collect();
        ensure!(differ.is_empty(), "{}: {differ:#?}", settings.name());
    }
    Ok(())
}

#[test]
fn what_means_nothing_here_is_unknown() -> Result<()> {
    let names = names(UNKNOWN);
    let program = Program::compile(&["jemalloc/names.c"])?;
    let run = program.run().arguments(names.clone());
    let outcome = scene::under(&run, &Settings::je()?, &[])?.succeeded()?;
    ensure!(outcome.stdout.lines().count() == names.len(), "{outcome}");
    for (line, name) in outcome.stdout.lines().zip(names) {
        let unknown = format!("{name}: mib {}/0", libc::ENOENT);
        ensure!(line.starts_with(&unknown), "{line}");
        let errors = line.split(" | read ").skip(1);
        let is_unknown = |answer: &str| {
            let mut words = answer.split(' ').skip(1);
            words.next() == Some(&libc::ENOENT.to_string())
        };
        ensure!(errors.clone().count() == 5, "{line}");
        ensure!(errors.into_iter().all(is_unknown), "{line}");
    }
    Ok(())
}

/// Runs checks under jemalloc, and then under ours.
fn checks(source: &str, least: usize) -> Result<()> {
    let program = program(source)?;
    all_ok(&scene::without(&program.run())?.succeeded()?.stdout, least).context("jemalloc")?;
    for settings in [Settings::je()?, Settings::je_eager()?] {
        let outcome = scene::under(&program.run(), &settings, &[])?.succeeded()?;
        all_ok(&outcome.stdout, least).with_context(|| settings.name())?;
    }
    Ok(())
}

#[test]
fn requests_by_name() -> Result<()> {
    checks("jemalloc/requests.c", 25)
}

#[test]
fn blocks_with_flags() -> Result<()> {
    checks("jemalloc/blocks.c", 25)
}

/// The summary as JSON has what tools read of jemalloc's.
#[test]
fn the_summary_as_json() -> Result<()> {
    let program = program("jemalloc/json.c")?;
    let theirs = scene::without(&program.run())?.succeeded()?.stdout;
    let ours = scene::under(&program.run(), &Settings::je()?, &[])?;
    let ours = ours.succeeded()?.stdout;
    for text in [theirs, ours] {
        let all: Value = serde_json::from_str(&text).context(text.clone())?;
        let version = &all["jemalloc"]["version"];
        ensure!(
            version.as_str().is_some_and(|text| text.starts_with("5.3")),
            "{version}"
        );
        for path in [
            "/opt/narenas",
            "/opt/dirty_decay_ms",
            "/arenas/narenas",
            "/arenas/page",
            "/arenas/nbins",
            "/arenas/bin/0/size",
            "/arenas/bin/3/nregs",
            "/stats/allocated",
            "/stats/active",
            "/stats/metadata",
            "/stats/resident",
            "/stats/mapped",
            "/stats/retained",
            "/stats/background_thread/num_threads",
        ] {
            let figure = all["jemalloc"].pointer(path);
            ensure!(figure.is_some_and(Value::is_number), "{path}: {text}");
        }
        ensure!(all["jemalloc"]["config"]["stats"] == true, "{text}");
    }
    Ok(())
}

/// What the program says counts less than what its user says to jemalloc, and this less than what he says to us.
#[test]
fn the_variables_of_jemalloc() -> Result<()> {
    let program = program("jemalloc/conf.c")?;
    let said = |variables: &[(&str, &str)]| -> Result<(String, String)> {
        let run = variables.iter().fold(program.run(), |run, (name, value)| {
            run.variable(name, value)
        });
        let outcome = scene::under(&run, &Settings::je()?, &[])?.succeeded()?;
        // jemalloc is loaded as well, and has its own to say.
        let ours = outcome
            .stderr
            .lines()
            .filter(|line| line.starts_with("mesh: "));
        let ours: Vec<_> = ours.collect();
        Ok((outcome.stdout.trim().to_owned(), ours.join("\n")))
    };
    let nothing = String::new();
    ensure!(said(&[])? == ("1234 1234 0".to_owned(), nothing.clone()));
    let user = (
        "MALLOC_CONF",
        "abort:false,dirty_decay_ms:-1,background_thread:true",
    );
    ensure!(said(&[user])? == ("-1 -1 1".to_owned(), nothing.clone()));
    ensure!(said(&[user, ("MESH_DECAY_MS", "77")])? == ("77 77 1".to_owned(), nothing));
    let wrong = said(&[("MALLOC_CONF", "dirty_decay_ms:soon")])?;
    let line = "mesh: ignored: dirty_decay_ms of malloc_conf, whose value means nothing";
    ensure!(
        wrong == ("1234 1234 0".to_owned(), line.to_owned()),
        "{wrong:?}"
    );
    Ok(())
}

#[test]
fn a_summary_at_exit_is_had_by_jemallocs_variable() -> Result<()> {
    let program = Program::compile(&["jemalloc/names.c"])?;
    let run = program.run().variable("MALLOC_CONF", "stats_print:true");
    let outcome = scene::under(&run, &Settings::je()?, &[])?.succeeded()?;
    ensure!(outcome.stderr.contains("MESH COUNT:"), "{outcome}");
    Ok(())
}

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
        std::fs::write(&file, text)?;
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
    for settings in [Settings::je()?, Settings::je_eager()?] {
        ensure!(
            scene_of(Some(&settings))? == expected,
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
    std::thread::sleep(std::time::Duration::from_millis(1500));
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

/// The library for programs that are to be linked with it in jemalloc's place.
#[test]
fn programs_can_be_linked_with_it() -> Result<()> {
    let library = Library::je()?.shared();
    let program = Program::compile_with(&["jemalloc/blocks.c"], Linking::File(library))?;
    let scene = TempDir::with_prefix("mesh-je-")?;
    std::os::unix::fs::symlink(library, scene.path().join("libmesh-je.so"))?;
    let run = program.run().variable("LD_LIBRARY_PATH", scene.path());
    let outcome = scene::witnessed(&run, library, &[])?.succeeded()?;
    all_ok(&outcome.stdout, 25)
}
