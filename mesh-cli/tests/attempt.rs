//! `mesh try`.

use std::fs;

use anyhow::{Context, Result, ensure};
use mesh_tests::{Program, artifact};

use crate::installed::{Installed, Said};

/// The program that measures, put beside the launcher.
fn with_bench() -> Result<Installed> {
    let installed = Installed::new()?;
    artifact::exclusively(|target| {
        artifact::cargo_build(target, "mesh-bench", &[])?;
        let bench = target.join("debug/mesh-bench");
        installed.put(&bench, "bin/mesh-bench").map(drop)
    })?;
    Ok(installed)
}

#[test]
fn a_command_is_compared_drawn_and_judged() -> Result<()> {
    let installed = with_bench()?;
    let program = Program::compile(&["introspection/sparse.c"])?;
    let path = program.run().program().to_owned();
    let path = path.to_str().context("a path")?;
    let plot = installed.path("plot.svg");
    let mut command = installed.mesh(&["try", "--repeat", "1", "--plot"]);
    command.arg(&plot).args(["--", path]);
    let said = Said::by(&mut command)?.ended_with(0)?;
    for words in ["mesh-nomesh", "glibc", "processor time", "plot.svg"] {
        ensure!(said.output.contains(words), "no {words}:\n{}", said.output);
    }
    let last = said.output.lines().last().unwrap_or("");
    ensure!(last.starts_with("Mesh "), "{}", said.output);
    ensure!(fs::read_to_string(plot)?.contains("<svg"));
    let mut command = installed.mesh(&["try", "--repeat", "1", "--plot"]);
    command
        .arg(installed.path("none.svg"))
        .args(["--", "/nowhere/program"]);
    let said = Said::by(&mut command)?.ended_with(125)?;
    ensure!(
        said.errors.contains("nothing was measured"),
        "{}",
        said.errors
    );
    Ok(())
}

#[test]
fn without_the_program_that_measures_it_is_said_what_to_do() -> Result<()> {
    let installed = Installed::new()?;
    let mut command = installed.mesh(&["try", "--", "true"]);
    let said = Said::by(command.env("PATH", "/usr/bin:/bin"))?.ended_with(125)?;
    ensure!(said.errors.contains("--bench FILE"), "{}", said.errors);
    Ok(())
}
