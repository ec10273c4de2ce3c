//! Crates that know nothing of it at work on this allocator: `regex` and `serde_json`.
//!
//! `cargo run --release -p mesh-alloc --example crates`

use std::collections::BTreeMap;
use std::thread;

use mesh_alloc::Mesh;
use regex::Regex;
use serde_json::{Value, json};

#[global_allocator]
static GLOBAL: Mesh = Mesh;

/// Lines of a log, as JSON.
fn log(of: usize) -> String {
    let line = |nth: usize| json!({ "user": format!("user{}", nth % 97), "bytes": nth * of, "path": ["a", "b", nth] });
    let lines: Vec<_> = (0..20_000).map(|nth| line(nth).to_string()).collect();
    lines.join("\n")
}

/// Bytes of each user whose number is even.
fn bytes_of_users(log: &str) -> BTreeMap<String, u64> {
    let even = Regex::new(r"^user\d*[02468]$").expect("an expression");
    let mut found = BTreeMap::new();
    for line in log.lines() {
        let line: Value = serde_json::from_str(line).expect("JSON");
        let user = line["user"].as_str().expect("a name");
        if even.is_match(user) {
            *found.entry(user.to_owned()).or_default() += line["bytes"].as_u64().expect("a number");
        }
    }
    found
}

fn main() {
    let threads: Vec<_> = (1..=4)
        .map(|of| thread::spawn(move || bytes_of_users(&log(of))))
        .collect();
    for (nth, thread) in threads.into_iter().enumerate() {
        let found = thread.join().expect("it counts");
        // The numbers below 20,000 that are `user` more than a multiple of 97.
        for (user, bytes) in &found {
            let number: usize = user["user".len()..].parse().expect("a number");
            let expected: usize = (number..20_000).step_by(97).sum();
            assert_eq!(*bytes, (expected * (nth + 1)) as u64);
        }
        println!(
            "{} users, {} bytes",
            found.len(),
            found.values().sum::<u64>()
        );
    }
    GLOBAL.compact();
    let stats = GLOBAL.stats();
    assert!(stats.allocated < 4 << 20, "{stats:?}");
}
