//! `mesh doctor`, in the situations that it tells apart.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::CommandExt;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use mesh_tests::tool;
use nix::unistd::Uid;
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, apply_filter};
use serde_json::Value;

use crate::installed::{Installed, Said};

/// What is said, by the name of what was looked at.
struct Findings(BTreeMap<String, Value>);

impl Findings {
    fn of(command: &mut Command) -> Result<Self> {
        let said = Said::by(command)?.ended_with(0)?;
        let page: Value = serde_json::from_str(&said.output).context(said.errors)?;
        ensure!(page["usable"] == true, "{page:#}");
        let findings = page["findings"].as_array().context("findings")?;
        let named = |finding: &Value| {
            let name = finding["name"].as_str().unwrap_or("").to_owned();
            (name, finding.clone())
        };
        Ok(Self(findings.iter().map(named).collect()))
    }

    /// Fails unless what was found about `name` is as bad as that.
    fn is(&self, name: &str, level: &str) -> Result<&Value> {
        let finding = self.0.get(name).with_context(|| name.to_owned())?;
        ensure!(finding["level"] == level, "not {level}: {finding:#}");
        Ok(finding)
    }
}

const JSON: [&str; 2] = ["doctor", "--json"];

#[test]
fn root_may_do_everything() -> Result<()> {
    ensure!(Uid::effective().is_root(), "this takes root");
    let installed = Installed::new()?;
    let findings = Findings::of(&mut installed.mesh(&JSON))?;
    for name in [
        "processor",
        "C library",
        "userfaultfd",
        "filter of system calls",
    ] {
        findings.is(name, "ok")?;
    }
    let loads = findings.is("preloading", "ok")?;
    let meaning = loads["meaning"].as_str().unwrap_or("");
    ensure!(
        meaning.contains("behind the userfaultfd barrier"),
        "{meaning}"
    );
    let said = Said::by(&mut installed.mesh(&["doctor"]))?.ended_with(0)?;
    ensure!(said.output.contains("Mesh "), "{}", said.output);
    Ok(())
}

#[test]
fn a_user_without_rights_gets_the_other_barrier() -> Result<()> {
    let installed = Installed::new()?;
    let findings = Findings::of(&mut installed.mesh_of_nobody(&JSON)?)?;
    let loads = findings.is("preloading", "ok")?;
    let meaning = loads["meaning"].as_str().unwrap_or("");
    let permitted = fs::read_to_string("/proc/sys/vm/unprivileged_userfaultfd")?;
    if permitted.trim() == "1" {
        findings.is("userfaultfd", "ok")?;
        ensure!(meaning.contains("userfaultfd barrier"), "{meaning}");
        return Ok(());
    }
    let finding = findings.is("userfaultfd", "note")?;
    let command = finding["command"].as_str().unwrap_or("");
    ensure!(command.contains("unprivileged_userfaultfd=1"), "{command}");
    ensure!(meaning.contains("mprotect barrier"), "{meaning}");
    Ok(())
}

/// The setting is the whole machine's, so the process sees another file in its place.
#[test]
fn few_mappings_are_warned_of() -> Result<()> {
    let installed = Installed::new()?;
    let few = installed.path("few");
    fs::write(&few, "1000\n")?;
    let script = "mount --bind \"$1\" /proc/sys/vm/max_map_count && exec \"$2\" doctor --json";
    let mut command = Command::new(tool::find("unshare")?);
    command
        .args(["--mount", "sh", "-c", script, "sh"])
        .arg(few)
        .arg(installed.path("bin/mesh"));
    let findings = Findings::of(&mut command)?;
    let finding = findings.is("mappings", "warning")?;
    let command = finding["command"].as_str().unwrap_or("");
    ensure!(command.contains("sysctl vm.max_map_count="), "{command}");
    Ok(())
}

#[test]
fn a_filter_of_system_calls_is_seen() -> Result<()> {
    let installed = Installed::new()?;
    let refuse = SeccompAction::Errno(libc::EPERM.unsigned_abs());
    for (action, words) in [
        (refuse, "not permitted"),
        (SeccompAction::KillProcess, "kills"),
    ] {
        let rules = BTreeMap::from([(libc::SYS_userfaultfd, Vec::new())]);
        let machine = std::env::consts::ARCH.try_into()?;
        let filter = SeccompFilter::new(rules, SeccompAction::Allow, action, machine)?;
        let filter = BpfProgram::try_from(filter)?;
        let mut command = installed.mesh_of_nobody(&JSON)?;
        let install = move || {
            apply_filter(&filter).map_err(|_| std::io::Error::from_raw_os_error(libc::EPERM))
        };
        // SAFETY: two system calls; nothing is allocated.
        unsafe { command.pre_exec(install) };
        let findings = Findings::of(&mut command)?;
        findings.is("filter of system calls", "note")?;
        let finding = findings.is("userfaultfd", "note")?;
        let seen = finding["seen"].as_str().unwrap_or("");
        ensure!(seen.contains(words), "{seen}");
        let loads = findings.is("preloading", "ok")?;
        let meaning = loads["meaning"].as_str().unwrap_or("");
        ensure!(meaning.contains("system calls are filtered"), "{meaning}");
    }
    Ok(())
}

#[test]
fn a_library_that_does_not_load_makes_mesh_unusable() -> Result<()> {
    let installed = Installed::new()?;
    fs::write(installed.library(), "no library")?;
    let said = Said::by(&mut installed.mesh(&["doctor"]))?.ended_with(1)?;
    ensure!(
        said.output.contains("unusable  preloading"),
        "{}",
        said.output
    );
    ensure!(
        said.output.contains("Mesh cannot be used here"),
        "{}",
        said.output
    );
    Ok(())
}
