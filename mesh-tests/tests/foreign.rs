//! Blocks of other allocators, and libraries that would find one.

use std::fs;

use anyhow::{Context, Result};
use mesh_tests::compile::Linking;
use mesh_tests::{Case, Program, Run, Settings, scene};

use crate::conformance::all_ok;

fn settings() -> Result<[Settings; 3]> {
    Ok([
        Settings::release()?,
        Settings::debug_eager()?,
        Settings::disabled()?,
    ])
}

/// The program does the same as without the library, and passes `checks` checks.
fn same(run: Run, checks: usize) -> Result<()> {
    all_ok(&Case::new(run).check(&settings()?)?.stdout, checks)
}

#[test]
fn blocks_of_the_c_library_go_back_to_it() -> Result<()> {
    same(Program::compile(&["foreign/blocks.c"])?.run(), 11)
}

#[test]
fn blocks_of_another_namespace_go_to_the_c_library() -> Result<()> {
    let program = Program::compile(&["foreign/blocks.c"])?;
    same(program.run().argument("another copy"), 1)
}

fn plugin() -> Result<Program> {
    Program::compile_with(&["foreign/plugin.c"], Linking::Plugin)
}

/// The host, which loads `plugin`. It exports a function that the plugin has too.
fn host(plugin: &Program, topic: &str) -> Result<(Program, Run)> {
    let host = Program::compile_with(&["foreign/host.c"], Linking::Exporting)?;
    let run = host.run().argument(plugin.path()).argument(topic);
    Ok((host, run))
}

#[test]
fn plugins_that_bind_deeply_exchange_blocks_with_the_program() -> Result<()> {
    let plugin = plugin()?;
    let (_host, run) = host(&plugin, "blocks")?;
    same(run, 1)
}

#[test]
fn who_calls_dlopen_stays_the_caller() -> Result<()> {
    let (outer, inner) = (plugin()?, plugin()?);
    let directory = outer.path().parent().context("a directory")?.join("inner");
    fs::create_dir(&directory)?;
    fs::copy(inner.path(), directory.join("libinner.so"))?;
    let (_host, run) = host(&outer, "inner")?;
    same(run, 3)
}

#[test]
fn deep_binding_is_kept_for_who_asks_for_it() -> Result<()> {
    let plugin = plugin()?;
    let (_host, run) = host(&plugin, "kept")?;
    all_ok(&scene::without(&run)?.succeeded()?.stdout, 2)?;
    let kept = run.clone().variable("MESH_DEEPBIND", "1");
    let cleared = run;
    for settings in settings()? {
        let outcome = scene::under(&kept, &settings, &[])?.succeeded()?;
        all_ok(&outcome.stdout, 2)?;
        let outcome = scene::under(&cleared, &settings, &[])?.succeeded()?;
        anyhow::ensure!(
            outcome.stdout.contains("FAIL the flag is kept"),
            "{outcome}"
        );
    }
    Ok(())
}
