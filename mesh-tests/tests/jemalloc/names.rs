//! What the names of `mallctl` answer.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, ensure};
use mesh_tests::{Outcome, Program, Settings, scene, tool};

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
    "prof.active prof.thread_active_init prof.gdump prof.lg_sample prof.interval prof.dump prof.reset",
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
    "prof.prefix stats.background_thread.num_runs stats.background_thread.run_interval",
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
    let gcc = Command::new(tool::find("gcc")?)
        .arg("-print-file-name=libjemalloc.so.2")
        .output()?;
    let path = PathBuf::from(String::from_utf8(gcc.stdout)?.trim());
    ensure!(path.is_absolute(), "libjemalloc2 is not installed");
    Ok(path.canonicalize()?)
}

#[test]
fn names_answer_as_jemalloc_does() -> Result<()> {
    let program = Program::compile(&["jemalloc/names.c"])?;
    let names = names(ALIKE);
    let run = program.run().arguments(names.clone());
    let answers = |outcome: Outcome| -> Result<Vec<String>> {
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
