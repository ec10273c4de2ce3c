//! What the library prints at exit under `MALLOCSTATS=1`.

/// The labels of the summary, in the words of the original.
pub const LABELS: [&str; 7] = [
    "MESH COUNT",
    "Meshed MB (total)",
    "Meshed pages HWM",
    "Meshed MB HWM",
    "MH Alloc Count",
    "MH Free",
    "MH High Water Mark",
];

/// The number after a label in a program's standard error. The last process to end is the one
/// that counts, since forked children may print summaries of their own.
pub fn figure(stderr: &str, label: &str) -> Option<f64> {
    stderr.lines().rev().find_map(|line| {
        let rest = line.trim_start().strip_prefix(label)?;
        rest.split_whitespace().last()?.parse().ok()
    })
}

/// The largest number of meshes that any process reports.
pub fn meshes(stderr: &str) -> Option<u64> {
    let counts = stderr.lines().filter_map(|line| {
        line.trim_start()
            .strip_prefix("MESH COUNT:")?
            .trim()
            .parse::<u64>()
            .ok()
    });
    counts.max()
}
