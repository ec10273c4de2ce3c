//! What must not be meshed: objects that keep their physical pages, and programs after which nothing moves.

use anyhow::{Result, ensure};
use mesh_tests::{Case, Program, Settings, scene, statistics};

use crate::conformance::all_ok;

#[test]
fn pinned_objects() -> Result<()> {
    let sources = [
        "pinned/main.c",
        "pinned/kernel.c",
        "pinned/futexes.c",
        "pinned/pages.c",
    ];
    let program = Program::compile(&sources)?;
    let control = Case::new(program.run())
        .meshing()
        .check(&Settings::every()?)?;
    all_ok(&control.stdout, 12)
}

/// A program that asks for `topic` runs as without the library, and the summary names the reason why it did not mesh.
fn nothing_meshes_after(topic: &str, reason: &str) -> Result<()> {
    let program = Program::compile(&["unmeshed/main.c"])?;
    let run = program.run().argument(topic).variable("MALLOCSTATS", "1");
    let control = scene::without(&run)?.succeeded()?;
    if control.stdout.contains("not here") {
        return Ok(());
    }
    all_ok(&control.stdout, 2)?;
    for settings in Settings::every()?.into_iter().filter(Settings::meshes) {
        let outcome = scene::under(&run, &settings, &[])?.succeeded()?;
        ensure!(outcome.stdout == control.stdout, "{outcome}");
        ensure!(outcome.stderr.contains(reason), "{outcome}");
        ensure!(statistics::meshes(&outcome.stderr) == Some(0), "{outcome}");
    }
    Ok(())
}

/// A ring that only the kernel and the program know, unless the environment insists.
#[test]
fn rings_without_liburing() -> Result<()> {
    nothing_meshes_after("ring", "off: asynchronous I/O")?;
    let program = Program::compile(&["unmeshed/main.c"])?;
    let run = program.run().argument("ring");
    if !scene::without(&run)?.stdout.contains("not here") {
        let insisting = [Settings::release_insisting()?];
        Case::new(run).meshing().check(&insisting)?;
    }
    Ok(())
}

/// Filters of system calls that know nothing but the program's own, as those of browsers and of `sshd`.
#[test]
fn a_sandbox_that_lets_through_what_the_program_needs() -> Result<()> {
    let program = Program::compile(&["unmeshed/sandboxed.c"])?;
    let mut settings = Settings::every()?.to_vec();
    settings.push(Settings::disabled()?);
    for topic in ["prctl", "seccomp"] {
        Case::new(program.run().argument(topic)).check(&settings)?;
    }
    Ok(())
}

#[test]
fn locked_memory() -> Result<()> {
    nothing_meshes_after("mlockall", "off: mlockall")?;
    nothing_meshes_after("fork handler", "off: mlockall")
}

#[test]
fn system_call_filters() -> Result<()> {
    nothing_meshes_after("prctl", "off: seccomp")?;
    nothing_meshes_after("seccomp", "off: seccomp")
}

#[test]
fn robust_futexes_of_the_program() -> Result<()> {
    nothing_meshes_after("robust", "off: a list of robust futexes")
}

/// A program after whose calls everything is meshed as ever.
fn meshed_all_the_same(source: &str, checks: usize) -> Result<()> {
    let program = Program::compile(&[source])?;
    let control = Case::new(program.run())
        .meshing()
        .check(&Settings::every()?)?;
    all_ok(&control.stdout, checks)
}

#[test]
fn calls_that_fail_or_only_ask() -> Result<()> {
    meshed_all_the_same("unmeshed/refused.c", 17)
}

#[test]
fn a_thread_that_sleeps_in_an_ioctl() -> Result<()> {
    meshed_all_the_same("unmeshed/sleeping_ioctl.c", 2)
}
