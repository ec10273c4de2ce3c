//! Physical memory of a process: `Pss` plus page tables.
//!
//! `Pss` counts a page once, however often it is mapped; the resident set size counts it once per mapping, so it would
//! charge a meshed page several times. Page tables are counted too, since many small mappings cost some.

use crate::family;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, Read};

/// Physical memory in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Physical {
    /// Proportional set size: `Pss` of `/proc/PID/smaps_rollup`.
    pub(crate) pss: u64,
    /// Page tables: `VmPTE` of `/proc/PID/status`.
    pub(crate) page_tables: u64,
}

impl Physical {
    /// Both together.
    pub(crate) fn total(self) -> u64 {
        self.pss + self.page_tables
    }

    /// Of this process; allocates nothing.
    pub(crate) fn of_self() -> io::Result<Self> {
        Self::read("/proc/self/smaps_rollup", "/proc/self/status")
    }

    /// Bytes of shared memory that this process has mapped, each page counted once; allocates nothing.
    pub(crate) fn shared_of_self() -> io::Result<u64> {
        field("/proc/self/smaps_rollup", "Pss_Shmem:")
    }

    /// Of another process; an error when it has ended.
    pub(crate) fn of_process(pid: u32) -> io::Result<Self> {
        Self::read(
            &format!("/proc/{pid}/smaps_rollup"),
            &format!("/proc/{pid}/status"),
        )
    }

    /// Of a process and all its descendants; those that have ended count nothing.
    pub(crate) fn of_tree(root: u32) -> Self {
        let mut sum = Self::default();
        for own in family::of(root)
            .into_iter()
            .filter_map(|pid| Self::of_process(pid).ok())
        {
            sum.pss += own.pss;
            sum.page_tables += own.page_tables;
        }
        sum
    }

    fn read(rollup: &str, status: &str) -> io::Result<Self> {
        Ok(Self {
            pss: field(rollup, "Pss:")?,
            page_tables: field(status, "VmPTE:")?,
        })
    }
}

/// One field of a file under `/proc`, in bytes.
fn field(path: &str, name: &str) -> io::Result<u64> {
    // Both files are well below this size, and the buffer is on the stack: the caller may be the process it measures.
    let mut buffer = [0; 4096];
    let mut file = File::open(path)?;
    let mut length = 0;
    loop {
        match file.read(&mut buffer[length..])? {
            0 => break,
            n => length += n,
        }
    }
    field_of(&buffer[..length], name).ok_or(io::ErrorKind::InvalidData.into())
}

/// The value of the line `name  N kB` in bytes.
fn field_of(text: &[u8], name: &str) -> Option<u64> {
    let line = text
        .split(|&byte| byte == b'\n')
        .find_map(|line| line.strip_prefix(name.as_bytes()))?;
    let number = line.strip_suffix(b" kB")?.trim_ascii();
    std::str::from_utf8(number)
        .ok()?
        .parse::<u64>()
        .ok()?
        .checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROLLUP: &[u8] = b"55c9e9823000-7ffdb1c2c000 ---p 00000000 00:00 0    [rollup]\n\
        Rss:                1740 kB\nPss:                 436 kB\nPss_Dirty:           112 kB\n";
    const STATUS: &[u8] = b"Name:\tcat\nVmRSS:\t    1740 kB\nVmPTE:\t      44 kB\nThreads:\t1\n";

    #[test]
    fn fields_are_read_in_bytes() {
        assert_eq!(field_of(ROLLUP, "Pss:"), Some(436 << 10));
        assert_eq!(field_of(STATUS, "VmPTE:"), Some(44 << 10));
    }

    #[test]
    fn a_field_must_be_there_and_have_the_unit() {
        assert_eq!(field_of(ROLLUP, "VmPTE:"), None);
        assert_eq!(field_of(STATUS, "Threads:"), None);
        assert_eq!(field_of(b"Pss: many kB\n", "Pss:"), None);
    }

    #[test]
    fn touched_pages_of_this_process_are_counted() {
        let before = Physical::of_self().unwrap();
        let mut map = memmap2::MmapMut::map_anon(32 << 20).unwrap();
        map.fill(1);
        let after = Physical::of_self().unwrap();
        assert!(
            after.total() >= before.total() + (31 << 20),
            "{before:?} {after:?}"
        );
        assert_eq!(std::hint::black_box(&map)[12345], 1);
    }
}
