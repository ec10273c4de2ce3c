//! The kit's pool is all that a program without a C library and without system calls needs.

use std::env;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use mesh_tests::artifact;

/// Without the C library and what it runs before `main`.
const BARE: [&str; 6] = [
    "--codegen=link-arg=-nostdlib",
    "--codegen=link-arg=-nostartfiles",
    "--codegen=link-arg=-static",
    "--codegen=relocation-model=static",
    "--codegen=panic=abort",
    "--edition=2024",
];

#[test]
fn the_pool_links_with_nothing_else() -> Result<()> {
    let cargo = env::var_os("CARGO").context("tests are run by cargo")?;
    let directory = tempfile::tempdir()?;
    let program = directory.path().join("firmware");
    artifact::exclusively(|target| {
        artifact::cargo_build(target, "mesh-kit", &["--example=pool"])?;
        let built = target.join("debug");
        let library = built.join("examples/libpool.rlib");
        let output = Command::new(Path::new(&cargo).with_file_name("rustc"))
            .args(BARE)
            .arg(format!("--extern=pool={}", library.display()))
            .arg(format!("-Ldependency={}", built.join("deps").display()))
            .arg(artifact::programs().join("firmware/start.rs"))
            .arg("-o")
            .arg(&program)
            .output()
            .context("rustc")?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "it does not link:\n{said}");
        Ok(())
    })?;
    let status = Command::new(&program).status()?;
    ensure!(status.success(), "the program: {status}");
    Ok(())
}
