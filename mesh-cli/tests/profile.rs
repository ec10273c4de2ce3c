//! `mesh profile`.

use std::fs;
use std::process::{Child, Command};

use anyhow::{Result, ensure};

use crate::installed::{Installed, Said};

/// Ended when this is dropped.
struct Sleeping(Child);

impl Drop for Sleeping {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What is said of a target that has no profile.
fn refused(installed: &Installed, target: &str) -> Result<String> {
    let said = Said::by(&mut installed.mesh(&["profile", target]))?.ended_with(125)?;
    ensure!(said.output.is_empty(), "{}", said.output);
    Ok(said.errors)
}

#[test]
fn what_is_no_profile_is_refused_with_the_reason() -> Result<()> {
    let installed = Installed::new()?;
    let file = installed.path("file");
    let name = file.display().to_string();
    let errors = refused(&installed, &name)?;
    ensure!(
        errors.contains(&name) && errors.contains("No such file"),
        "{errors}"
    );
    fs::write(&file, "heap profile: 1: 2 [3: 4] @ heapprofile\n")?;
    let errors = refused(&installed, &name)?;
    ensure!(errors.contains("no heap profile of Mesh"), "{errors}");
    let mut other = b"meshprof".to_vec();
    other.extend(99_u64.to_ne_bytes());
    fs::write(&file, &other)?;
    let errors = refused(&installed, &name)?;
    ensure!(errors.contains("version 99"), "{errors}");
    Ok(())
}

#[test]
fn of_a_process_without_a_profile_it_is_said_what_to_do() -> Result<()> {
    let installed = Installed::new()?;
    let errors = refused(&installed, &i32::MAX.to_string())?;
    ensure!(errors.contains("there is no process"), "{errors}");
    let process = Sleeping(Command::new("sleep").arg("60").spawn()?);
    let errors = refused(&installed, &process.0.id().to_string())?;
    ensure!(errors.contains("start it with `mesh run"), "{errors}");
    Ok(())
}
