//! Physical memory of a process: what the kernel would have back if it ended.

use std::fs;
use std::io;

/// Bytes of physical memory of a process (`"self"` or a number): `Pss` plus page tables.
///
/// The resident set size counts a meshed page once for each of its mappings; `Pss` counts it once.
pub fn bytes(process: &str) -> io::Result<u64> {
    let resident = kilobytes(&format!("/proc/{process}/smaps_rollup"), "Pss:")?;
    let tables = kilobytes(&format!("/proc/{process}/status"), "VmPTE:")?;
    Ok((resident + tables) * 1024)
}

fn kilobytes(file: &str, label: &str) -> io::Result<u64> {
    let text = fs::read_to_string(file)?;
    let value = text.lines().find_map(|line| {
        line.strip_prefix(label)?
            .split_whitespace()
            .next()?
            .parse()
            .ok()
    });
    value.ok_or_else(|| io::Error::other(format!("no {label} in {file}")))
}
