//! `mesh-bench scale` as a user runs it, for a moment.

use anyhow::{Context, Result, ensure};
use mesh_tests::Library;
use serde_json::Value;
use std::process::{Command, Output};

/// A small run with a transfer of known length.
fn scale(arguments: &[&str]) -> Result<Output> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mesh-bench"));
    command.args([
        "scale",
        "--transfer-ns",
        "50",
        "--lib",
        "glibc",
        "--repeat",
        "1",
        "--json",
    ]);
    command.arg("--timed").arg(Library::timed()?.shared());
    Ok(command.args(arguments).output()?)
}

fn rows(output: &Output) -> Result<Vec<Value>> {
    let message = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{message}");
    let text = std::str::from_utf8(&output.stdout)?;
    Ok(text
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()?)
}

fn number(value: &Value, name: &str) -> f64 {
    value[name]
        .as_f64()
        .unwrap_or_else(|| panic!("no {name} in {value}"))
}

fn speedups(row: &Value) -> Vec<f64> {
    let models = row["model"].as_array().into_iter().flatten();
    let points = models.flat_map(|model| model["points"].as_array().into_iter().flatten());
    points.map(|point| number(point, "speedup")).collect()
}

#[test]
fn a_workload_is_counted_recorded_simulated_and_checked() -> Result<()> {
    let output = scale(&[
        "--workload",
        "xmalloc",
        "--length",
        "0.05",
        "--processors",
        "1,2,64",
    ])?;
    let rows = rows(&output)?;
    let [row] = rows.as_slice() else {
        panic!("{rows:?}");
    };
    let objects = number(row, "objects");
    assert!(
        objects >= 20_000.0 && number(row, "holds") > objects / 50.0,
        "{row}"
    );
    assert_eq!(number(row, "lost_holds"), 0.0);
    assert!(
        number(row, "work_s") > 0.0 && number(row, "replaced") < 0.1,
        "{row}"
    );

    let counts = row["counts"].as_array().context("no counts")?;
    let count = counts
        .iter()
        .find(|count| count["operation"]["name"] == "put");
    let count = count.context("nothing is passed on")?;
    assert_eq!(count["operation"]["kind"], "transfer");
    assert!(
        (1.0..1000.0).contains(&number(count, "holds_per_1000")),
        "{count}"
    );
    assert!(
        (20.0..20_000.0).contains(&number(count, "instructions")),
        "{count}"
    );
    assert!((1.0..1_000.0).contains(&number(count, "lines")), "{count}");

    let speedups = speedups(row);
    assert!((speedups[0] - 1.0).abs() < 1e-6, "{speedups:?}");
    assert!(speedups[1] > 1.0 && speedups[1] <= 2.0, "{speedups:?}");
    assert!(
        speedups[2] > speedups[1] && speedups[2] < 64.0,
        "{speedups:?}"
    );
    let last = &row["model"][0]["points"][2];
    let busiest = &last["busiest"][0];
    assert!(
        busiest[0]
            .as_str()
            .is_some_and(|name| name.starts_with("class")),
        "{last}"
    );
    assert!(
        busiest[1]
            .as_f64()
            .is_some_and(|share| (0.3..=1.0).contains(&share)),
        "{last}"
    );

    let check = &row["check"];
    assert!(
        number(check, "one_s") > 0.0 && number(check, "two_s") > 0.0,
        "{check}"
    );
    assert_eq!(number(check, "predicted"), speedups[1]);
    let seen = &row["pages"][0];
    assert_eq!(seen[0], "glibc");
    assert!(number(&seen[1], "blocks") >= objects, "{seen}");
    assert!(
        number(&seen[1], "elsewhere") <= number(&seen[1], "blocks"),
        "{seen}"
    );
    Ok(())
}

#[test]
fn split_locks_let_more_through() -> Result<()> {
    let small = ["--workload", "large-2", "--length", "0.05"];
    let model = ["--processors", "64", "--shards", "1,16"];
    let skip = ["--skip", "count,check,pages"];
    let rows = rows(&scale(&[&small[..], &model, &skip].concat())?)?;
    let [row] = rows.as_slice() else {
        panic!("{rows:?}");
    };
    assert!(
        row["check"].is_null() && row["instructions"].is_null(),
        "{row}"
    );
    assert_eq!(
        (&row["model"][0]["shards"], &row["model"][1]["shards"]),
        (&1.into(), &16.into())
    );
    let speedups = speedups(row);
    assert!(speedups[0] * 1.5 < speedups[1], "{speedups:?}");
    Ok(())
}

#[test]
fn what_cannot_be_measured_is_one_line() -> Result<()> {
    for (arguments, reason) in [
        (&["--workload", "none"][..], "`none` is none of threads-8"),
        (&["--timed", "/nowhere.so"][..], "/nowhere.so"),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_mesh-bench"))
            .arg("scale")
            .args(arguments)
            .output()?;
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{message}");
        assert_eq!(message.lines().count(), 1, "{message}");
        assert!(message.contains(reason), "{message}");
    }
    // A library that records nothing.
    let output = Command::new(env!("CARGO_BIN_EXE_mesh-bench"))
        .args([
            "scale",
            "--workload",
            "large-2",
            "--length",
            "0.01",
            "--skip",
            "count,check,pages",
        ])
        .args(["--transfer-ns", "50", "--timed"])
        .arg(Library::release()?.shared())
        .output()?;
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert!(message.contains("not a recording of locks"), "{message}");
    Ok(())
}
