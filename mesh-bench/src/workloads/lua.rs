//! Lua: tables, strings, closures, sorting.

use super::workload::{Body, Workload};
use crate::site::{Scale, Site};
use anyhow::Result;
use std::process::Command;

/// One script.
pub(crate) const WORKLOAD: Workload = Workload {
    name: "lua",
    about: "Lua: tables, strings, sorting; every object comes from malloc",
    needs: &["lua5.4"],
    body: Body::Program(script),
};

fn script(site: &Site) -> Result<Command> {
    let path = site.file("script.lua", || include_str!("script.lua").into())?;
    let rounds = match site.scale {
        Scale::Full => "3",
        Scale::Quick => "1",
    };
    let mut command = site.command("lua5.4")?;
    command.arg(path).arg(rounds);
    Ok(command)
}
