//! Overflows the stack of the thread that the argument names.

use std::hint::black_box;

fn recurse(depth: u64) -> u64 {
    let here = black_box([depth; 512]);
    if depth == u64::MAX { 0 } else { recurse(depth + 1) + here[0] }
}

fn main() {
    let strings: Vec<String> = (0..100_000).map(|number| number.to_string()).collect();
    let kept: Vec<&String> = strings.iter().step_by(9).collect();
    if std::env::args().nth(1).as_deref() == Some("main") {
        black_box(recurse(0));
    } else {
        let _ = std::thread::spawn(|| black_box(recurse(0))).join();
    }
    println!("{}", kept.len());
}
