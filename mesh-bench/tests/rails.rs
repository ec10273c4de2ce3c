//! `mesh-bench rails` as a user runs it, over glibc twice and a tenth of the work.

use serde_json::Value;
use std::process::{Command, Output};

fn rails(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_mesh-bench"))
        .args(["rails", "--quick", "--repeat", "1", "--lib", "glibc"])
        .args(["--requests", "300", "--jobs", "50", "--idle", "2"])
        .args(arguments)
        .output()
        .unwrap()
}

fn lines(output: &Output) -> Vec<Value> {
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8_lossy(&output.stdout);
    let line = |line| serde_json::from_str(line).unwrap();
    text.lines().map(line).collect()
}

const PHASES: [&str; 6] = ["boot", "steady", "batch", "gc", "light", "idle"];

#[test]
fn both_servers_go_through_all_phases() {
    let directory = tempfile::tempdir().unwrap();
    let plots = directory.path().to_str().unwrap();
    let output = rails(&["--lib", "glibc-2-arenas", "--json", "--plot", plots]);
    let lines = lines(&output);
    let trials: Vec<&Value> = lines
        .iter()
        .filter(|line| line["trial"].is_object())
        .collect();
    let names: Vec<_> = trials
        .iter()
        .map(|line| (&line["service"], &line["allocator"]))
        .collect();
    assert_eq!(
        serde_json::json!(names),
        serde_json::json!([
            ["web", "glibc"],
            ["web", "glibc-2-arenas"],
            ["worker", "glibc"],
            ["worker", "glibc-2-arenas"]
        ])
    );
    for trial in &trials {
        let phases = trial["trial"]["phases"].as_array().unwrap();
        let names: Vec<_> = phases.iter().map(|phase| &phase["name"]).collect();
        assert_eq!(names, PHASES);
        for phase in phases {
            // Ruby and Rails alone take more.
            assert!(phase["end_bytes"].as_u64().unwrap() > 10 << 20);
        }
        assert!(trial["trial"]["samples"].as_array().unwrap().len() > 20);
        assert!(phases[1]["cpu_s"].as_f64().unwrap() > 0.0);
        assert!(phases[1]["rate"].as_f64().unwrap() > 0.0);
        assert!(phases[1]["answers"].is_string());
    }
    assert_eq!(lines.len(), 2 * trials.len());
    for name in ["web.svg", "worker.svg"] {
        let svg = std::fs::read_to_string(directory.path().join(name)).unwrap();
        assert!(svg.contains("glibc-2-arenas"));
    }
}

#[test]
fn each_worker_process_collects() {
    let output = rails(&["--workers", "2"]);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let table = String::from_utf8_lossy(&output.stdout);
    assert!(table.contains("2 worker processes") && table.contains("Sidekiq: MiB"));
}
