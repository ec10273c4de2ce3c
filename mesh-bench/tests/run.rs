//! `mesh-bench run` as a user runs it, over glibc and with a tenth of the work.

use serde_json::Value;
use std::process::{Command, Output};

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_mesh-bench"))
        .args(["run", "--quick", "--lib", "glibc"])
        .args(arguments)
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn every_run_is_a_record_and_every_workload_a_table() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("runs.json");
    let page = directory.path().join("report");
    let files = [
        "--json",
        file.to_str().unwrap(),
        "--report",
        page.to_str().unwrap(),
    ];
    let output = run(&[&["sh6", "mleak"], &files[..]].concat());
    assert!(output.status.success(), "{}", text(&output.stderr));
    let table = text(&output.stdout);
    assert!(table.contains("\nsh6: ") && table.contains("\nmleak: "));
    let records: Vec<Value> = std::fs::read_to_string(file)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let names: Vec<_> = records
        .iter()
        .map(|record| (record["workload"].as_str(), record["allocator"].as_str()))
        .collect();
    let expected = ["sh6", "mleak"].map(|workload| {
        ["glibc", "glibc again"].map(|allocator| (Some(workload), Some(allocator)))
    });
    assert_eq!(names.len(), 4);
    assert!(expected.iter().flatten().all(|one| names.contains(one)));
    for record in &records {
        assert!(record["peak_bytes"].as_u64().unwrap() > 100_000);
        assert!(record["faults"].as_u64().unwrap() > 0);
    }
    let html = std::fs::read_to_string(page.join("index.html")).unwrap();
    assert!(html.contains("<h2>sh6</h2>") && html.contains("<h2>mleak</h2>"));
    let bars = std::fs::read_to_string(page.join("time.svg")).unwrap();
    assert!(bars.contains("sh6") && bars.contains("glibc again"));
}

#[test]
fn suites_are_listed_with_their_workloads() {
    let output = run(&["--list"]);
    let list = text(&output.stdout);
    let programs = list.find("\nprograms:").unwrap();
    assert!(list.find("  larson").unwrap() < programs);
    assert!(list.find("  redis").unwrap() > programs);
}

#[test]
fn an_unknown_workload_is_refused_with_one_line() {
    let output = run(&["sh7"]);
    assert_eq!(output.status.code(), Some(1));
    let message = text(&output.stderr);
    assert_eq!(message.lines().count(), 1, "{message}");
    assert!(message.contains("`sh7`"), "{message}");
}
