//! `mesh.h` declares what the library defines.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, ensure};
use mesh_tests::{artifact, tool};

/// The files of `mesh-ffi` that define the functions of the header.
const SOURCES: [&str; 3] = [
    "src/face/introspection.rs",
    "src/face/mallctl/mod.rs",
    "src/unseen/pinning.rs",
];

fn of_mesh_ffi(file: &str) -> PathBuf {
    artifact::workspace_manifest()
        .with_file_name("mesh-ffi")
        .join(file)
}

/// What the library exports that is no function, and not for C.
const DATA: [&str; 2] = ["mesh_published", "mesh_heap_profile"];

/// The names that the library exports: functions of our own, and those of C.
fn exported() -> Result<(BTreeSet<String>, BTreeSet<String>)> {
    let listed = fs::read_to_string(of_mesh_ffi("exported.txt"))?;
    let names = listed
        .split_whitespace()
        .filter(|name| !DATA.contains(name));
    let names = names.map(str::to_owned);
    Ok(names.partition(|name| name.starts_with("mesh_")))
}

/// The functions as C declares them, but for those named in `others`, from their definitions in Rust.
fn definitions(others: &BTreeSet<String>) -> Result<String> {
    let mut text = Vec::new();
    for source in SOURCES {
        let config = cbindgen::Config {
            language: cbindgen::Language::C,
            no_includes: true,
            usize_is_size_t: true,
            export: cbindgen::ExportConfig {
                exclude: others.iter().cloned().collect(),
                ..Default::default()
            },
            ..Default::default()
        };
        cbindgen::Builder::new()
            .with_config(config)
            .with_src(of_mesh_ffi(source))
            .generate()?
            .write(&mut text);
    }
    Ok(String::from_utf8(text)?)
}

/// The names beginning with `mesh_` that are followed by arguments.
fn functions(text: &str) -> BTreeSet<String> {
    text.split_inclusive('(')
        .filter_map(|piece| piece.strip_suffix('('))
        .filter_map(|piece| {
            piece
                .rsplit(|c: char| !c.is_alphanumeric() && c != '_')
                .next()
        })
        .filter(|name| name.starts_with("mesh_"))
        .map(str::to_owned)
        .collect()
}

/// What a C compiler says of `text`.
fn compiled(text: &str) -> Result<std::process::Output> {
    let directory = tempfile::tempdir()?;
    let file = directory.path().join("both.c");
    fs::write(&file, text)?;
    Ok(Command::new(tool::find("gcc")?)
        .args(["-std=c11", "-pedantic-errors", "-Wall", "-fsyntax-only"])
        .arg("-fno-builtin")
        .arg(file)
        .output()?)
}

#[test]
fn declares_what_is_defined() -> Result<()> {
    let header = fs::read_to_string(of_mesh_ffi("include/mesh.h"))?;
    let (ours, others) = exported()?;
    let definitions = definitions(&others)?;
    // Two declarations of a name have to agree in C.
    let both = |header: &str| compiled(&format!("{header}\n{definitions}"));
    let output = both(&header)?;
    ensure!(
        output.status.success(),
        "{}\n{definitions}",
        String::from_utf8_lossy(&output.stderr)
    );
    // And this compiler notices when they do not.
    let changed = header.replace("const void *address", "void *address");
    ensure!(changed != header && !both(&changed)?.status.success());

    // Comments of the header name no function with its arguments.
    for (whose, names) in [
        ("header", functions(&header)),
        ("sources", functions(&definitions)),
    ] {
        ensure!(names == ours, "{whose}: {names:?}, but {ours:?}");
    }
    Ok(())
}
