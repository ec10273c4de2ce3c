//! `mesh-bench compare` as a user runs it, with commands that take a moment.

use serde_json::Value;
use std::process::{Command, Output};

fn compare(options: &[&str], command: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_mesh-bench"))
        .args(["compare", "--lib", "glibc", "--repeat", "2"])
        .args(options)
        .arg("--")
        .args(command)
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_command_is_measured_and_its_memory_drawn() {
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    let (runs, plot, log) = (file("runs.json"), file("plot.svg"), file("log"));
    let script = format!(
        "x=$(head -c 4000000 /dev/zero | tr '\\0' a); sleep 0.1; echo run >> {log}; echo words"
    );
    let options = ["--json", &runs, "--plot", &plot, "--no-canary"];
    let output = compare(&options, &["sh", "-c", &script]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(!text(&output.stdout).contains("\nwords"));
    // Twice, and once before for the exit status.
    assert_eq!(std::fs::read_to_string(log).unwrap(), "run\nrun\nrun\n");
    let runs = std::fs::read_to_string(runs).unwrap();
    assert_eq!(runs.lines().count(), 2);
    for line in runs.lines() {
        let record: Value = serde_json::from_str(line).unwrap();
        assert!(record["peak_bytes"].as_u64().unwrap() > 4_000_000);
        assert!(record["mean_bytes"].as_f64().unwrap() > 100_000.0);
    }
    assert!(std::fs::read_to_string(plot).unwrap().contains("glibc"));
}

#[test]
fn an_exit_status_is_no_failure_when_it_is_always_the_same() {
    let output = compare(&[], &["sh", "-c", "echo trouble >&2; exit 3"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("exit status: 3 under glibc"));
    // Most of those who see it have mistyped something.
    assert_eq!(
        text(&output.stderr),
        "mesh-bench: the command fails under glibc, and is to do so under all others: exit status: 3: trouble\n"
    );
}

#[test]
fn another_exit_status_than_under_glibc_is_a_failure() {
    let directory = tempfile::tempdir().unwrap();
    let mark = directory.path().join("mark");
    // The first run makes the mark, and the others end with 1.
    let script = format!("test ! -e {0} && touch {0}", mark.display());
    let output = compare(&[], &["sh", "-c", &script]);
    assert_eq!(output.status.code(), Some(1));
    let message = text(&output.stderr);
    assert!(
        message.contains("glibc: exit status: 1, but exit status: 0 under glibc"),
        "{message}"
    );
}

#[test]
fn output_is_shown_when_it_is_asked_for() {
    let output = compare(&["--output"], &["sh", "-c", "echo words; echo trouble >&2"]);
    assert!(text(&output.stdout).starts_with("words\n"));
    assert!(text(&output.stderr).starts_with("trouble\n"));
}

#[test]
fn a_command_that_hangs_or_is_not_there_is_one_line() {
    for (options, command, expected) in [
        (
            &["--limit", "1"][..],
            &["sleep", "60"][..],
            "no end after 1 s",
        ),
        (&[], &["/nowhere/program"], "does not start"),
        (&[], &["sh", "-c", "kill -9 $$"], "signal: 9"),
    ] {
        let output = compare(options, command);
        assert_eq!(output.status.code(), Some(1));
        let message = text(&output.stderr);
        assert_eq!(message.lines().count(), 1, "{message}");
        assert!(message.contains(expected), "{message}");
    }
}
