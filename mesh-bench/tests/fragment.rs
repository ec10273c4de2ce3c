//! `mesh-bench fragment` as a user runs it, over glibc and small heaps.

use serde_json::Value;
use std::process::{Command, Output};
use std::sync::Mutex;

/// One child at a time: `Pss` shares the pages of the program among all that run it, so the end of another one would
/// show in the figures.
static ALONE: Mutex<()> = Mutex::new(());

fn fragment(arguments: &[&str]) -> Output {
    let small = [
        "fragment", "--lib", "glibc", "--total", "2MiB", "--wait", "0",
    ];
    let _alone = ALONE.lock();
    Command::new(env!("CARGO_BIN_EXE_mesh-bench"))
        .args(small)
        .args(arguments)
        .output()
        .unwrap()
}

fn message(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn figures_add_up_and_kept_objects_are_verified() {
    let output = fragment(&["--size", "256", "--size", "64", "--keep", "20%", "--json"]);
    assert!(output.status.success(), "{}", message(&output));
    let line: Value = serde_json::from_slice(&output.stdout).unwrap();
    let outcome = &line["outcome"];
    assert_eq!(line["allocator"], "glibc");
    assert!(outcome["damage"].is_null());
    let number = |name: &str| outcome[name].as_u64().unwrap();
    assert!(number("kept") * 4 < number("objects"));
    assert!(number("kept") * 6 > number("objects"));
    let full = outcome["full"]["mapped"].as_u64().unwrap();
    assert!(full >= 2 << 20, "all live objects are in memory");
    assert!(full < 3 << 20, "the tool's own memory is not counted");
    assert!(number("minimum_pages") * 4096 >= number("live_bytes"));
}

#[test]
fn a_changed_byte_fails_the_run_and_is_named() {
    let output = fragment(&["--corrupt"]);
    assert_eq!(output.status.code(), Some(1));
    let message = message(&output);
    assert_eq!(message.lines().count(), 1, "{message}");
    assert!(
        message.contains("glibc: verification failed: byte "),
        "{message}"
    );
}

#[test]
fn glibc_cannot_release_what_every_page_holds() {
    // One object in sixteen of 256 bytes: no page is without one.
    let output = fragment(&["--pattern", "every:16", "--min-released", "50"]);
    assert_eq!(output.status.code(), Some(1));
    let message = message(&output);
    assert!(message.contains("of the bound, asked for 50%"), "{message}");
}

#[test]
fn trimming_releases_what_is_free() {
    let output = fragment(&["--keep", "0%", "--trim", "--min-released", "80"]);
    assert!(output.status.success(), "{}", message(&output));
}

#[test]
fn a_library_that_cannot_be_preloaded_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("libnothing.so");
    std::fs::write(&path, "no library").unwrap();
    let output = fragment(&["--lib", path.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        message(&output).contains("libnothing: preloading"),
        "{}",
        message(&output)
    );
}

#[test]
fn mistakes_on_the_command_line_are_refused() {
    for arguments in [
        ["--size", "0"],
        ["--keep", "200%"],
        ["--pattern", "some"],
        ["--size", "4MiB"],
    ] {
        assert!(!fragment(&arguments).status.success(), "{arguments:?}");
    }
}
