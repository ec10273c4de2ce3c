//! Processes of this tool in which another `malloc` is measured: how one is started, and how it answers.

use anyhow::{Context, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::process::{Command, Stdio};

/// The command that starts a child with `arguments`.
pub(crate) fn command(arguments: &[&str]) -> Result<Command> {
    let mut command = Command::new(std::env::current_exe().context("the path of this program")?);
    command
        .arg("child")
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    Ok(command)
}

/// Does, by `act`, what `plan` in JSON says, and prints the outcome in JSON.
pub(crate) fn answer<P: DeserializeOwned, O: Serialize>(
    plan: &str,
    act: impl FnOnce(&P) -> Result<O>,
) -> Result<()> {
    let plan = serde_json::from_str(plan).context("the plan")?;
    let outcome = act(&plan)?;
    println!("{}", serde_json::to_string(&outcome)?);
    Ok(())
}
