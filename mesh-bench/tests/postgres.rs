//! `mesh-bench postgres` as a user runs it, over glibc twice and a tenth of the work.

use serde_json::Value;
use std::process::Command;

#[test]
fn a_server_goes_through_all_phases() {
    let directory = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_mesh-bench"))
        .args(["postgres", "--quick", "--repeat", "1", "--json", "--plot"])
        .arg(directory.path())
        .args(["--lib", "glibc", "--lib", "glibc-2-arenas"])
        .output()
        .unwrap();
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{message}");
    let lines: Vec<Value> = String::from_utf8_lossy(&output.stdout)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 4);
    for line in &lines[..2] {
        let phases = line["trial"]["phases"].as_array().unwrap();
        let names: Vec<_> = phases.iter().map(|phase| &phase["name"]).collect();
        assert_eq!(names, ["boot", "reads", "writes", "pool", "idle", "closed"]);
        let end = |number: usize| phases[number]["end_bytes"].as_u64().unwrap();
        // What sessions came to know is theirs until they end.
        assert!(end(4) > end(5));
        assert!((1..=3).all(|number| phases[number]["rate"].as_f64().unwrap() > 0.0));
        assert!(phases[3]["answers"].is_string());
    }
    let medians = &lines[2]["medians"];
    assert!(medians["idle_end_bytes"].as_f64().unwrap() > 0.0);
    let svg = std::fs::read_to_string(directory.path().join("postgres.svg")).unwrap();
    assert!(svg.contains("glibc-2-arenas"));
}
