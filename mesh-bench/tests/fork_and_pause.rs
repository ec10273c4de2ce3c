//! `mesh-bench fork` and `mesh-bench pause` as a user runs them, over glibc and for a moment.

use serde_json::Value;
use std::process::Command;

fn lines(arguments: &[&str]) -> Vec<Value> {
    let output = Command::new(env!("CARGO_BIN_EXE_mesh-bench"))
        .args(arguments)
        .args(["--lib", "glibc", "--repeat", "1", "--json"])
        .output()
        .unwrap();
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{message}");
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn forks_are_timed_on_both_sides() {
    let lines = lines(&[
        "fork",
        "--heap",
        "4MiB",
        "--meshed-heap",
        "4MiB",
        "--forks",
        "2",
    ]);
    assert_eq!(lines.len(), 2);
    for line in &lines {
        let outcome = &line["outcomes"][0];
        let samples = outcome["samples"].as_array().unwrap();
        assert_eq!(samples.len(), 2);
        for sample in samples {
            let time = |name: &str| sample[name].as_u64().unwrap();
            assert!(time("parent_ns") > 0);
            assert!(time("child_ns") > 0);
            assert!(time("written_ns") >= time("child_ns"));
        }
    }
    let live = |line: &Value| line["outcomes"][0]["live"].as_u64().unwrap();
    assert_eq!(live(&lines[0]), 4 << 20);
    assert!((1 << 19..2 << 20).contains(&live(&lines[1])));
}

#[test]
fn operations_are_timed_by_kind() {
    let lines = lines(&["pause", "--heap", "1MiB", "--seconds", "0.2"]);
    let kinds = lines[0]["outcomes"][0]["kinds"].as_array().unwrap();
    let names: Vec<_> = kinds.iter().map(|kind| kind[0].as_str().unwrap()).collect();
    assert_eq!(names, ["malloc", "free", "write", "read"]);
    for kind in kinds {
        let time = |name: &str| kind[1][name].as_u64().unwrap();
        assert!(time("count") > 0, "{kind}");
        assert!(time("p50_ns") <= time("p999_ns"), "{kind}");
        assert!(time("p999_ns") <= time("max_ns"), "{kind}");
    }
    assert!(lines[0]["outcomes"][0]["meshing"].is_null());
}
