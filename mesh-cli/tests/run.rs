//! `mesh run`.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use mesh_tests::{Library, Linking, Program, tool};
use serde_json::Value;

use crate::installed::{Installed, Said};

const SPARSE: &str = "introspection/sparse.c";

/// A copy of `cat` with special rights shows its own mappings to a user without any.
const MAPS: &str = "/proc/self/maps";

#[test]
fn the_ending_is_that_of_the_program() -> Result<()> {
    let installed = Installed::new()?;
    for status in [0, 7, 125] {
        let script = format!("exit {status}");
        Said::by(&mut installed.mesh(&["run", "--", "sh", "-c", &script]))?.ended_with(status)?;
    }
    // Also without the dashes: what follows the program is the program's.
    let bare = ["run", "--no-pressure", "sh", "-c", "exit 9"];
    Said::by(&mut installed.mesh(&bare))?.ended_with(9)?;
    let killed = installed
        .mesh(&["run", "--", "sh", "-c", "kill -KILL $$"])
        .status()?;
    ensure!(killed.signal() == Some(9), "{killed}");
    Ok(())
}

#[test]
fn the_library_comes_before_others_that_are_preloaded() -> Result<()> {
    let installed = Installed::new()?;
    let mut command = installed.mesh(&["run", "--", "cat", MAPS]);
    let said = Said::by(&mut command)?.ended_with(0)?;
    let library = installed.library();
    ensure!(
        said.output.contains(&library.display().to_string()),
        "{}",
        said.output
    );
    ensure!(said.errors.is_empty(), "{}", said.errors);
    let mut command = installed.mesh(&["run", "--", "sh", "-c", "echo $LD_PRELOAD"]);
    let said = Said::by(command.env("LD_PRELOAD", "libm.so.6"))?.ended_with(0)?;
    let expected = format!("{}:libm.so.6", library.display());
    ensure!(said.output.trim() == expected, "{}", said.output);
    Ok(())
}

#[test]
fn options_reach_the_library() -> Result<()> {
    let installed = Installed::new()?;
    let program = Program::compile(&[SPARSE])?;
    let run = program.run();
    let path = run.program().to_str().context("a path")?;
    let figures = |options: &[&str]| -> Result<Value> {
        let mut command = installed.mesh(&["run", "--summary=json"]);
        command.args(options).args(["--", path]);
        let said = Said::by(&mut command)?.ended_with(0)?;
        serde_json::from_str(&said.errors).context(said.errors)
    };
    let plain = figures(&[])?;
    ensure!(plain["mesh_count"].as_u64() > Some(0), "{plain}");
    let off = figures(&["--no-meshing"])?;
    ensure!(
        off["mesh_count"] == 0 && off["unmeshed_because"] == "MESH_ENABLED=0",
        "{off}"
    );
    let limited = figures(&["--limit", "64M"])?;
    ensure!(limited["limit_bytes"] == 64 << 20, "{limited}");
    let behind = figures(&["--barrier", "mprotect", "--max-mappings", "1000"])?;
    ensure!(behind["barrier"] == "mprotect", "{behind}");
    ensure!(
        behind["mappings_limit"].as_u64() < plain["mappings_limit"].as_u64(),
        "{behind}"
    );
    Ok(())
}

#[test]
fn what_cannot_be_run_has_the_status_of_a_shell() -> Result<()> {
    let installed = Installed::new()?;
    let plain = installed.path("plain");
    fs::write(&plain, "")?;
    let plain = plain.to_str().context("a path")?;
    for (program, status, words) in [
        ("mesh-nowhere", 127, "not found in PATH"),
        ("/nowhere/program", 127, "no such file"),
        (plain, 126, "not executable"),
        ("/tmp", 126, "a directory"),
    ] {
        let said = Said::by(&mut installed.mesh(&["run", "--", program]))?.ended_with(status)?;
        ensure!(said.errors.contains(words), "{}", said.errors);
        ensure!(said.errors.contains(program), "{}", said.errors);
    }
    Ok(())
}

#[test]
fn a_library_that_is_nowhere_is_said_to_be() -> Result<()> {
    let installed = Installed::new()?;
    let arguments = ["run", "--library", "/nowhere/libmesh.so", "--", "true"];
    let said = Said::by(&mut installed.mesh(&arguments))?.ended_with(125)?;
    ensure!(
        said.errors.contains("/nowhere/libmesh.so"),
        "{}",
        said.errors
    );
    Ok(())
}

/// Runs a program that will not get the library: it runs all the same, and that is said; it does not if the library is required.
fn goes_without(
    mesh: impl Fn(&[&str]) -> Result<Command>,
    program: &Path,
    arguments: &[&str],
    words: &str,
) -> Result<()> {
    let path = program.to_str().context("a path")?;
    let run = |options: &[&str]| -> Result<Said> {
        let line = [&["run"][..], options, &["--", path], arguments].concat();
        Said::by(&mut mesh(&line)?)
    };
    let said = run(&[])?.ended_with(0)?;
    ensure!(said.errors.contains(words), "{}", said.errors);
    ensure!(
        said.errors.contains("it runs without Mesh"),
        "{}",
        said.errors
    );
    ensure!(!said.output.is_empty(), "it has not run");
    ensure!(!said.output.contains("libmesh"), "{}", said.output);
    let said = run(&["--require"])?.ended_with(125)?;
    ensure!(said.errors.contains(words), "{}", said.errors);
    ensure!(said.output.is_empty(), "it has run: {}", said.output);
    Ok(())
}

#[test]
fn programs_with_more_rights_than_their_user_are_told() -> Result<()> {
    let installed = Installed::new()?;
    let cat = tool::find("cat")?;
    for (mode, words) in [(0o4755, "set-uid"), (0o2755, "set-gid")] {
        let copy = installed.copy_of(&cat, mode)?;
        let nobody = |line: &[&str]| installed.mesh_of_nobody(line);
        goes_without(nobody, &copy, &[MAPS], words)?;
        // To root it gives nothing, and the loader does as it is told.
        let path = copy.to_str().context("a path")?;
        let said = Said::by(&mut installed.mesh(&["run", "--require", "--", path, MAPS]))?;
        let said = said.ended_with(0)?;
        ensure!(said.output.contains("libmesh.so"), "{}", said.output);
    }
    Ok(())
}

#[test]
fn who_gets_no_more_rights_gets_the_library() -> Result<()> {
    let installed = Installed::new()?;
    let copy = installed.copy_of(&tool::find("cat")?, 0o4755)?;
    let mut command = Command::new(tool::find("setpriv")?);
    command
        .args(["--reuid=65534", "--clear-groups", "--no-new-privs"])
        .arg(installed.path("bin/mesh"))
        .args(["run", "--require"])
        .args([&copy, Path::new(MAPS)]);
    let said = Said::by(&mut command)?.ended_with(0)?;
    ensure!(said.output.contains("libmesh.so"), "{}", said.output);
    Ok(())
}

#[test]
fn programs_with_capabilities_are_told() -> Result<()> {
    let installed = Installed::new()?;
    let copy = installed.copy_of(&tool::find("cat")?, 0o755)?;
    let set = Command::new(tool::find("setcap")?)
        .arg("cap_net_raw+ep")
        .arg(&copy)
        .status()?;
    ensure!(set.success(), "{set}");
    let nobody = |line: &[&str]| installed.mesh_of_nobody(line);
    goes_without(nobody, &copy, &[MAPS], "file capabilities")
}

#[test]
fn programs_without_our_loader_are_told() -> Result<()> {
    let installed = Installed::new()?;
    let mesh = |line: &[&str]| Ok(installed.mesh(line));
    let fixed = Program::compile_with(&[SPARSE], Linking::AloneWithout("-static"))?;
    let fixed = fixed.run().program().to_owned();
    goes_without(mesh, &fixed, &[], "statically linked")?;
    let other = Program::compile_with(&["other_loader.c"], Linking::Musl)?;
    goes_without(mesh, other.run().program(), &[], "glibc")?;
    Ok(())
}

#[test]
fn a_script_is_looked_through() -> Result<()> {
    let installed = Installed::new()?;
    let mesh = |line: &[&str]| Ok(installed.mesh(line));
    let fixed = Program::compile_with(&[SPARSE], Linking::AloneWithout("-static"))?;
    let line = format!("#!{}\n", fixed.run().program().display());
    fs::write(installed.path("script"), line)?;
    let script = installed.copy_of(&installed.path("script"), 0o755)?;
    goes_without(mesh, &script, &[], "a script for")?;
    Ok(())
}

#[test]
fn the_launcher_finds_the_library_of_a_build() -> Result<()> {
    // Beside the library of the tests, as cargo lays them out.
    let library = Library::release()?.shared();
    let installed = Installed::new()?;
    fs::remove_file(installed.library())?;
    let release = installed.path("release");
    fs::create_dir(&release)?;
    installed.put(library, "release/libmesh.so")?;
    let said = Said::by(&mut installed.mesh(&["run", "--", "cat", MAPS]))?.ended_with(0)?;
    ensure!(
        said.output.contains("release/libmesh.so"),
        "{}",
        said.output
    );
    Ok(())
}
