//! Input and output that go on while the heap is meshed: what is read arrives, and where all requests are seen the heap goes on
//! being meshed.

use anyhow::{Result, ensure};
use mesh_tests::{Case, Linking, Program, Settings, scene, statistics};

use crate::conformance::all_ok;

/// Both barriers, with assertions too.
fn eager() -> Result<Vec<Settings>> {
    Ok(vec![
        Settings::release_eager()?,
        Settings::release_mprotect()?,
        Settings::debug_eager()?,
    ])
}

/// Both barriers, whatever is found: then nothing but what is known of a request saves what it reads.
fn insisting() -> Result<Vec<Settings>> {
    Ok(vec![
        Settings::release_insisting()?,
        Settings::release_insisting_mprotect()?,
    ])
}

/// A program whose requests are seen: the heap is meshed under `settings`, and all arrives.
fn arrives_and_meshes(
    source: &str,
    libraries: &'static [&'static str],
    arguments: &[&str],
    settings: &[Settings],
) -> Result<()> {
    let program = Program::compile_with(&[source], Linking::Others(libraries))?;
    let run = program.run().arguments(arguments);
    if scene::without(&run)?.stdout.contains("not here") {
        return Ok(());
    }
    let control = Case::new(run).meshing_often(50).check(settings)?;
    all_ok(&control.stdout, 2)
}

#[test]
fn rings_of_liburing() -> Result<()> {
    for how in ["plain", "parts"] {
        let ring = |from, settings: &[Settings]| {
            arrives_and_meshes("asynchronous/ring.c", &["-luring"], &[how, from], settings)
        };
        ring("cached", &eager()?)?;
        // Kept from devices as well, which write to physical pages.
        ring("direct", &insisting()?)?;
    }
    Ok(())
}

#[test]
fn contexts_of_libaio_and_of_system_calls() -> Result<()> {
    for how in ["library", "call"] {
        arrives_and_meshes("asynchronous/context.c", &["-laio"], &[how], &insisting()?)?;
    }
    Ok(())
}

#[test]
fn reads_by_a_thread_of_the_c_library() -> Result<()> {
    let program = Program::compile(&["unmeshed/main.c"])?;
    let run = program.run().argument("aio");
    let control = Case::new(run).meshing().check(&Settings::every()?)?;
    all_ok(&control.stdout, 2)
}

/// A program that has liburing in itself, or has the kernel write to buffers at any time: all arrives, and the summary says
/// why nothing is meshed.
#[test]
fn rings_whose_requests_nobody_sees() -> Result<()> {
    let inside: &[&str] = &["-Wl,-Bstatic", "-luring", "-Wl,-Bdynamic"];
    for (libraries, how) in [
        (inside, "plain"),
        (inside, "fixed"),
        (&["-luring"], "fixed"),
    ] {
        let program = Program::compile_with(&["asynchronous/ring.c"], Linking::Others(libraries))?;
        let run = program.run().arguments([how, "cached"]);
        let run = run.variable("MALLOCSTATS", "1");
        let control = scene::without(&run)?.succeeded()?;
        if control.stdout.contains("not here") {
            return Ok(());
        }
        for settings in eager()? {
            let outcome = scene::under(&run, &settings, &[])?.succeeded()?;
            ensure!(outcome.stdout == control.stdout, "{outcome}");
            ensure!(
                outcome.stderr.contains("off: asynchronous I/O"),
                "{outcome}"
            );
        }
    }
    Ok(())
}

/// Nobody sees these calls; the file that is open for them shows. Smaller objects than a direct read has go on being meshed.
#[test]
fn direct_reads_by_bare_system_calls() -> Result<()> {
    let program = Program::compile(&["asynchronous/bare.c"])?;
    let run = program.run().variable("MALLOCSTATS", "1");
    let control = scene::without(&run)?.succeeded()?;
    if control.stdout.contains("not here") {
        return Ok(());
    }
    all_ok(&control.stdout, 3)?;
    for settings in eager()? {
        let outcome = scene::under(&run, &settings, &[])?.succeeded()?;
        ensure!(outcome.stdout == control.stdout, "{outcome}");
        ensure!(statistics::meshes(&outcome.stderr) > Some(0), "{outcome}");
    }
    Ok(())
}
