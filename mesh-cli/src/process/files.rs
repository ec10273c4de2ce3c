//! The files of a process under `/proc`.

use std::collections::BTreeMap;
use std::fs;
use std::io;

use anyhow::{Context, Result};

/// Physical memory, in bytes. Each page counts once, however often it is mapped; of a page that several processes have, each has its part.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Physical {
    /// The process's part of all pages.
    pub(crate) pss: u64,
    /// Its page tables.
    pub(crate) tables: u64,
}

impl Physical {
    pub(crate) fn of(pid: i32) -> io::Result<Self> {
        let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?;
        let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
        let missing = || io::Error::from(io::ErrorKind::InvalidData);
        Ok(Self {
            pss: kilobytes(&rollup, "Pss:").ok_or_else(missing)?,
            // A process that has ended and was not waited for has none.
            tables: kilobytes(&status, "VmPTE:").unwrap_or(0),
        })
    }

    pub(crate) fn total(self) -> u64 {
        self.pss + self.tables
    }
}

/// The value of a line `LABEL  N kB`, in bytes.
fn kilobytes(text: &str, label: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(label))?;
    let number: u64 = line.split_whitespace().next()?.parse().ok()?;
    number.checked_mul(1024)
}

/// What a process is called, and the number that it has in its own namespace.
pub(crate) fn identity(pid: i32) -> Result<(String, u64)> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).with_context(|| {
        format!("there is no process {pid}, or /proc is mounted so that you cannot see it")
    })?;
    let field = |label| {
        status
            .lines()
            .find_map(|line: &str| line.strip_prefix(label))
    };
    let name = field("Name:").unwrap_or("").trim().to_owned();
    let number = field("NSpid:").and_then(|all| all.split_whitespace().last()?.parse().ok());
    Ok((name, number.unwrap_or(pid.unsigned_abs().into())))
}

/// The process and all that descend from it, the elders first.
pub(crate) fn descendants(pid: i32) -> Result<Vec<i32>> {
    let mut children: BTreeMap<i32, Vec<i32>> = BTreeMap::new();
    for entry in fs::read_dir("/proc")? {
        let name = entry?.file_name();
        let Some(child) = name.to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        // It may have ended meanwhile.
        let status = fs::read_to_string(format!("/proc/{child}/stat")).ok();
        if let Some(parent) = status.as_deref().and_then(parent) {
            children.entry(parent).or_default().push(child);
        }
    }
    let mut all = vec![pid];
    let mut next = 0;
    while let Some(&one) = all.get(next) {
        all.extend(children.remove(&one).unwrap_or_default());
        next += 1;
    }
    Ok(all)
}

/// The parent that `/proc/PID/stat` names. The name of the process, in brackets, may have any character.
fn parent(status: &str) -> Option<i32> {
    let (_, rest) = status.rsplit_once(')')?;
    rest.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_in_bytes() {
        let rollup = "55c9-7ffd ---p 00000000 00:00 0 [rollup]\nRss: 1740 kB\nPss:  436 kB\n";
        assert_eq!(kilobytes(rollup, "Pss:"), Some(436 << 10));
        assert_eq!(kilobytes(rollup, "VmPTE:"), None);
    }

    #[test]
    fn a_parent_is_found_behind_any_name() {
        assert_eq!(parent("12 (a) S 7 (b) R 9 1 1 0"), Some(9));
        assert_eq!(parent("12 (cat) S 7 12 7 0"), Some(7));
        assert_eq!(parent("12"), None);
    }

    #[test]
    fn this_process_is_there() {
        let pid = std::process::id().cast_signed();
        assert!(Physical::of(pid).unwrap().total() > 100_000);
        assert_eq!(identity(pid).unwrap().1, u64::from(std::process::id()));
        assert!(descendants(pid).unwrap().starts_with(&[pid]));
        assert!(identity(i32::MAX).is_err());
    }
}
