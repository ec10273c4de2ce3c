//! `mesh-bench paper` as a user runs it, over glibc and a tenth of the work.

use serde_json::Value;
use std::fs;
use std::process::{Command, Output};

fn paper(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_mesh-bench"))
        .args(["paper", "--quick", "--lib", "glibc", "--repeat", "1"])
        .args(arguments)
        .output()
        .unwrap()
}

/// The trials of a quick run of the experiments that `name` asks for; each has a plot.
fn trials(name: &str) -> Vec<Value> {
    let directory = tempfile::tempdir().unwrap();
    let output = paper(&[name, "--out", directory.path().to_str().unwrap()]);
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{message}");
    let text = fs::read_to_string(directory.path().join("samples.json")).unwrap();
    let trials: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let table = fs::read_to_string(directory.path().join("table.csv")).unwrap();
    assert_eq!(table.lines().count(), trials.len() + 1);
    for trial in &trials {
        let experiment = trial["experiment"].as_str().unwrap();
        let plot = directory.path().join(format!("{experiment}.svg"));
        assert!(fs::read_to_string(plot).unwrap().contains("glibc"));
        assert!(trial["memory"]["samples"].as_array().unwrap().len() > 2);
        let figure = |name: &str| figure(trial, name);
        assert!(figure("cpu") > 0.0);
        assert!(figure("mean") <= figure("peak"));
        assert!(figure("final") <= figure("peak"));
    }
    trials
}

fn figure(trial: &Value, name: &str) -> f64 {
    trial["figures"][name].as_f64().unwrap()
}

/// The highest peak of some trials.
fn highest(trials: &[Value]) -> f64 {
    let peaks = trials.iter().map(|trial| figure(trial, "peak"));
    peaks.fold(0.0, f64::max)
}

/// Whether the peak of a burst was seen: all keys are there before the first goes, but for some milliseconds only.
fn shows_the_burst(trials: &[Value]) -> bool {
    let (one_by_one, bursts) = trials.split_at(2);
    highest(bursts) > 1.5 * highest(one_by_one)
}

#[test]
fn redis_is_filled_in_all_forms() {
    // On a machine that is busy each look may come too late.
    let mut tries = (0..4).map(|_| trials("redis"));
    let trials = tries.find(|trials| shows_the_burst(trials));
    let trials = trials.expect("a burst is seen");
    let names: Vec<_> = trials.iter().map(|trial| &trial["experiment"]).collect();
    assert_eq!(
        names,
        [
            "redis-lru",
            "redis-lru-pinged",
            "redis-burst",
            "redis-burst-aged",
            "redis-burst-pinged"
        ]
    );
    for trial in &trials {
        // 87,000 keys in a cache of 10 MiB: most were evicted, and not the cache's size.
        assert!((10_000.0..40_000.0).contains(&figure(trial, "keys")));
        assert!(figure(trial, "used_memory") <= f64::from(11 << 20));
        assert!(figure(trial, "peak") > f64::from(10 << 20));
        assert!(figure(trial, "settling") < figure(trial, "time") + 60.0);
    }
    let bursts = &trials[2..];
    for trial in bursts {
        // Some go between the two counts, to make room for the second.
        let of_both = figure(trial, "keys_a") + figure(trial, "keys_b");
        let share = of_both / figure(trial, "keys");
        assert!((0.95..=1.0).contains(&share), "{share}");
        assert!(figure(trial, "keys_b") > 0.0);
    }
    // Of 70,000 and 17,000: who knows their ages keeps the younger ones.
    assert!(figure(&trials[3], "keys_b") > figure(&trials[3], "keys_a"));
    assert!(trials[0]["figures"]["keys_a"].is_null());
    for pinged in [1, 4] {
        assert!(figure(&trials[pinged], "pause") > 0.0);
    }
    assert!(trials[0]["figures"]["pause"].is_null());
}

/// The live bytes that the program told, in order.
fn live(trial: &Value) -> Vec<f64> {
    let points = trial["live"].as_array().unwrap().iter();
    points.map(|point| point[1].as_f64().unwrap()).collect()
}

#[test]
fn ruby_keeps_a_fourth_of_its_strings() {
    let trial = &trials("ruby")[0];
    // A fourth of a budget that halves each time; the first strings fill all of it.
    let live = live(trial);
    assert!((13e6..=13.5e6).contains(&live[0]));
    assert!((5.5e6..=7e6).contains(live.last().unwrap()), "{live:?}");
    assert!(figure(trial, "peak") > live[0]);
}

#[test]
fn perl_reads_its_mail() {
    // The script itself checks what it counted and kept.
    let trial = &trials("perl")[0];
    assert!(figure(trial, "peak") > f64::from(5 << 20));
    assert!(figure(trial, "time") > 0.0);
}

#[test]
fn a_browser_closes_most_of_its_tabs() {
    let trial = &trials("browser")[0];
    let live = live(trial);
    // Opened and closed five times, and looked at once more.
    assert_eq!(live.len(), 11);
    for phase in live[..10].chunks(2) {
        assert!(phase[1] < 0.6 * phase[0], "{live:?}");
    }
    assert_eq!(live[9], live[10]);
    assert!(figure(trial, "peak") > figure(trial, "live"));
}

#[test]
fn the_adversary_never_has_more_live_than_it_may() {
    let trials = trials("robson");
    assert_eq!(trials.len(), 2);
    for trial in &trials {
        let budget = f64::from(32 << 20) / 10.0;
        let most = figure(trial, "live");
        assert!(most <= budget && most > 0.9 * budget, "{most}");
        // Sizes double from 16 bytes to 128 KiB, and each step tells twice.
        assert_eq!(live(trial).len(), 28);
        assert!(figure(trial, "peak") > 2.0 * budget);
    }
}

#[test]
fn an_unknown_experiment_is_refused() {
    let output = paper(&["tetris"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("redis-burst"));
}
