//! Help, manual pages and completions.

use std::fs;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::installed::{Installed, Said};

const COMMANDS: [&str; 6] = ["run", "stats", "top", "profile", "doctor", "try"];

#[test]
fn help_names_every_command_and_explains_it() -> Result<()> {
    let installed = Installed::new()?;
    let said = Said::by(&mut installed.mesh(&["--help"]))?.ended_with(0)?;
    for command in COMMANDS {
        ensure!(
            said.output.contains(&format!("  {command}")),
            "{}",
            said.output
        );
        let own = Said::by(&mut installed.mesh(&[command, "--help"]))?.ended_with(0)?;
        ensure!(own.output.lines().count() > 5, "{}", own.output);
    }
    ensure!(!said.output.contains("probe"), "{}", said.output);
    Ok(())
}

#[test]
fn there_is_a_manual_page_for_every_command() -> Result<()> {
    let installed = Installed::new()?;
    let directory = installed.path("man");
    let name = directory.to_str().context("a path")?;
    Said::by(&mut installed.mesh(&["man", name]))?.ended_with(0)?;
    let read =
        |page: &str| fs::read_to_string(directory.join(page)).with_context(|| page.to_owned());
    ensure!(read("mesh.1")?.contains(".TH mesh 1"));
    for command in COMMANDS {
        let page = read(&format!("mesh-{command}.1"))?;
        ensure!(
            page.contains(".SH SYNOPSIS") && page.contains(".SH OPTIONS"),
            "{page}"
        );
    }
    Ok(())
}

#[test]
fn completions_are_a_script_that_the_shell_reads() -> Result<()> {
    let installed = Installed::new()?;
    let said = Said::by(&mut installed.mesh(&["completions", "bash"]))?.ended_with(0)?;
    let script = installed.path("mesh.bash");
    fs::write(&script, &said.output)?;
    let read = Command::new("bash")
        .arg("-n")
        .arg(&script)
        .stdin(Stdio::null())
        .status()?;
    ensure!(read.success(), "{}", said.output);
    for word in COMMANDS
        .iter()
        .chain(&["--background-thread", "--prometheus"])
    {
        ensure!(said.output.contains(word), "no {word}");
    }
    Ok(())
}
