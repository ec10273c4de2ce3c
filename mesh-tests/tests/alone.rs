//! Programs without a loader, linked with the whole of `libmesh.a`.

use anyhow::{Context, Result, ensure};
use mesh_tests::compile::Linking;
use mesh_tests::{Library, Outcome, Program, Run};

use crate::conformance::{CHECKS, SOURCES as CORNER_CASES, all_ok};
use crate::{cxx, fork, signals, syscalls, threads};

/// With addresses that the linker chooses, and with such that the kernel does.
const KINDS: [&str; 2] = ["-static", "-static-pie"];

/// Meshes as often as it may. The witness cannot be there: it is a library.
fn alone(run: &Run) -> Result<Outcome> {
    let directory = tempfile::tempdir()?;
    let run = run.clone().variable("MESH_PERIOD_MS", "1");
    run.finish(directory.path())?.succeeded()
}

/// The program does without a loader what it does with one and without the library, for each of `topics`.
fn topics(sources: &[&str], topics: &[&str]) -> Result<()> {
    for kind in KINDS {
        let control = Program::compile_with(sources, Linking::AloneWithout(kind))?;
        let program = Program::compile_with(sources, Linking::Alone(Library::release()?, kind))?;
        for topic in topics {
            let expected = alone(&control.run().argument(*topic))?;
            let found = alone(&program.run().argument(*topic))?;
            ensure!(
                found.stdout == expected.stdout,
                "{kind} {topic}: {found}\nwithout the library: {expected}"
            );
        }
    }
    Ok(())
}

/// The program passes as many checks as it does with a loader.
fn checks(sources: &[&str], count: usize) -> Result<()> {
    for kind in KINDS {
        let program = Program::compile_with(sources, Linking::Alone(Library::release()?, kind))?;
        all_ok(&alone(&program.run())?.stdout, count).context(kind)?;
    }
    Ok(())
}

#[test]
fn corner_cases() -> Result<()> {
    checks(&CORNER_CASES, CHECKS)
}

#[test]
fn cxx_works() -> Result<()> {
    checks(&cxx::SOURCES, cxx::CHECKS)
}

#[test]
fn every_call_that_writes_to_memory() -> Result<()> {
    topics(&syscalls::EVERY_CALL, &["all"])
}

#[test]
fn threads_work() -> Result<()> {
    topics(
        &threads::SOURCES,
        &[
            "short-lives",
            "destructors",
            "cancellation",
            "heap-stacks",
            "main-leaves",
            "exit-from-thread",
        ],
    )
}

#[test]
fn forks_work() -> Result<()> {
    topics(
        &fork::SOURCES,
        &[
            "beside-threads",
            "generations",
            "programs",
            "signals",
            "within-library",
            "handlers",
            "name-services",
        ],
    )
}

#[test]
fn signals_work() -> Result<()> {
    topics(
        &signals::SOURCES,
        &[
            "mask-as-set",
            "mask-pending",
            "mask-in-handlers",
            "mask-while-waiting",
            "mask-of-threads",
        ],
    )
}

/// Calls that the C library has by other names, or that are put together here.
#[test]
fn other_calls() -> Result<()> {
    topics(&["alone/calls.c"], &["all"])
}

#[test]
fn nothing_of_the_loader_is_linked_in() -> Result<()> {
    // The linker would warn: what opens libraries has no place in such a program.
    let program = Program::compile_with(
        &["alone/calls.c"],
        Linking::Alone(Library::release()?, "-static"),
    )?;
    let said = program.warnings();
    ensure!(!said.contains("dlopen"), "{said}");
    Ok(())
}

#[test]
fn what_cannot_be_had_is_refused_with_one_line() -> Result<()> {
    let program = Program::compile_with(
        &["alone/refused.c"],
        Linking::Alone(Library::release()?, "-static"),
    )?;
    let outcome = alone(&program.run())?;
    all_ok(&outcome.stdout, 2)?;
    let lines: Vec<_> = outcome.stderr.lines().collect();
    ensure!(
        lines.len() == 1
            && lines[0].contains("pthread_attr_setsigmask_np cannot be had in a static program"),
        "{outcome}"
    );
    Ok(())
}
