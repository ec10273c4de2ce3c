//! Language runtimes with threads, signals and collectors of their own.

use anyhow::Result;
use mesh_tests::{Case, Run, Settings};

/// Both builds, each with the barrier that the other does not have.
fn settings() -> Result<[Settings; 2]> {
    Ok([Settings::release_eager()?, Settings::debug_mprotect()?])
}

#[test]
fn erlang_with_tables_ports_and_tls() -> Result<()> {
    Case::new(Run::script("escript", "runtimes/everything.erl")?).check(&settings()?)?;
    Ok(())
}

#[test]
fn erlang_with_every_object_by_malloc() -> Result<()> {
    let run = Run::script("escript", "runtimes/everything.erl")?.variable("ERL_FLAGS", "+Mea min");
    Case::new(run).check(&[Settings::release_mprotect()?])?;
    Ok(())
}

#[test]
fn php_with_its_modules_for_databases() -> Result<()> {
    let run = Run::script("php", "runtimes/everything.php")?;
    Case::new(run.clone()).check(&[Settings::release_eager()?])?;
    // Every object by malloc.
    let run = run.variable("USE_ZEND_ALLOC", "0");
    Case::new(run).meshing().check(&settings()?)?;
    Ok(())
}

#[test]
fn sbcl_with_collections_and_faults() -> Result<()> {
    let run = Run::tool("sbcl")?
        .arguments([
            "--noinform",
            "--no-sysinit",
            "--no-userinit",
            "--disable-debugger",
            "--load",
        ])
        .argument(mesh_tests::artifact::programs().join("runtimes/everything.lisp"));
    // What it says about its faults has numbers of processes and addresses.
    Case::new(run)
        .ending("exit 3")
        .meshing()
        .check(&settings()?)?;
    Ok(())
}

#[test]
fn node_with_workers_files_and_ciphers() -> Result<()> {
    let run = Run::script("node", "runtimes/everything.js")?;
    Case::new(run)
        .ending("exit 4")
        .meshing()
        .check(&settings()?)?;
    Ok(())
}
