//! A control group (version 1) of its own for one run, whose peak covers a whole tree of processes.
//!
//! The group lies inside the one this process is in, so that limits set on us hold for what we measure. Its peak is all
//! that the kernel charges: pages, page tables, and files that the run read or wrote for the first time.

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

const PREFIX: &str = "mesh-bench";

/// A group that exists as long as this value.
pub(crate) struct MemoryGroup {
    path: PathBuf,
}

impl MemoryGroup {
    /// A new, empty group in `parent`.
    pub(crate) fn inside(parent: &Path) -> Result<Self> {
        // Relaxed: only the numbers must differ.
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = parent.join(format!("{PREFIX}.{}.{number}", std::process::id()));
        fs::create_dir(&path).with_context(|| path.display().to_string())?;
        Ok(Self { path })
    }

    /// The file through which a process joins.
    pub(crate) fn open_members(&self) -> Result<File> {
        let path = self.path.join("cgroup.procs");
        File::options()
            .write(true)
            .open(&path)
            .with_context(|| path.display().to_string())
    }

    /// The highest charge so far in bytes; the kernel charges in steps of up to 256 KiB per processor.
    pub(crate) fn peak(&self) -> Result<u64> {
        let path = self.path.join("memory.max_usage_in_bytes");
        read_bytes(&path).with_context(|| path.display().to_string())
    }

    /// Its directory, for [`Charge::of`].
    pub(crate) fn directory(&self) -> &Path {
        &self.path
    }

    /// The file with the charge of the moment, for [`read_bytes`].
    pub(crate) fn charges(&self) -> PathBuf {
        self.path.join("memory.usage_in_bytes")
    }
}

/// What a group is charged for, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Charge {
    /// All but cached pages of files: memory of processes, shared memory (in which our library keeps its heap too), the kernel's for them.
    pub(crate) kept: u64,
    /// The kernel's part of it: page tables, mappings, stacks, sockets.
    pub(crate) kernel: u64,
}

impl Charge {
    /// The charge of the moment of the group in `directory`.
    pub(crate) fn of(directory: &Path) -> io::Result<Self> {
        let usage = read_bytes(&directory.join("memory.usage_in_bytes"))?;
        let kernel = read_bytes(&directory.join("memory.kmem.usage_in_bytes"))?;
        let stat = fs::read_to_string(directory.join("memory.stat"))?;
        let files = cached_files(&stat).ok_or(io::ErrorKind::InvalidData)?;
        Ok(Self {
            kept: usage.saturating_sub(files),
            kernel,
        })
    }
}

/// Cached pages of files in bytes: the kernel counts shared memory as cache too.
fn cached_files(stat: &str) -> Option<u64> {
    let number = |name: &str| {
        let value = stat
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))?;
        value.parse::<u64>().ok()
    };
    Some(number("cache")?.saturating_sub(number("shmem")?))
}

impl Drop for MemoryGroup {
    fn drop(&mut self) {
        // A group with processes cannot be removed, and one whose processes just ended may be busy for a moment.
        for _ in 0..100 {
            if fs::remove_dir(&self.path).is_ok() {
                return;
            }
            let members = fs::read_to_string(self.path.join("cgroup.procs")).unwrap_or_default();
            for pid in members
                .lines()
                .filter_map(|line| Pid::from_raw(line.parse().ok()?))
            {
                // It fails only when the process has just ended.
                let _ = kill_process(pid, Signal::KILL);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

/// A file that holds one number; allocates nothing, since the caller may be the process it measures.
pub(crate) fn read_bytes(file: &Path) -> io::Result<u64> {
    let mut buffer = [0; 32];
    let length = File::open(file)?.read(&mut buffer)?;
    let text = std::str::from_utf8(buffer[..length].trim_ascii()).ok();
    text.and_then(|text| text.parse().ok())
        .ok_or(io::ErrorKind::InvalidData.into())
}

/// The group in which this process may create groups; `None` where there is no such controller or no permission.
pub(crate) fn parent() -> Option<PathBuf> {
    let mounts = fs::read_to_string("/proc/self/mountinfo").ok()?;
    let own = fs::read_to_string("/proc/self/cgroup").ok()?;
    let parent = mounts
        .lines()
        .find_map(memory_mount)?
        .join(own.lines().find_map(memory_path)?);
    remove_leftovers(&parent);
    // The kernel decides who may create a group: try it.
    MemoryGroup::inside(&parent).ok()?.peak().ok()?;
    Some(parent)
}

/// The mount point of the memory controller, from one line of `/proc/self/mountinfo`.
fn memory_mount(line: &str) -> Option<PathBuf> {
    let (mount, system) = line.split_once(" - ")?;
    let mut system = system.split(' ');
    let is_memory = system.next() == Some("cgroup")
        && system
            .nth(1)
            .is_some_and(|options| options.split(',').any(|option| option == "memory"));
    is_memory.then(|| mount.split(' ').nth(4).map(PathBuf::from))?
}

/// The path of our group below the mount point, from one line of `/proc/self/cgroup`.
fn memory_path(line: &str) -> Option<&str> {
    let mut fields = line.splitn(3, ':').skip(1);
    let is_memory = fields
        .next()?
        .split(',')
        .any(|controller| controller == "memory");
    is_memory.then(|| fields.next().map(|path| path.trim_start_matches('/')))?
}

/// Removes the empty groups of runs that were killed.
fn remove_leftovers(parent: &Path) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let mut parts = name.to_str().unwrap_or_default().split('.');
        if parts.next() == Some(PREFIX)
            && parts
                .next()
                .is_some_and(|pid| !Path::new("/proc").join(pid).exists())
        {
            // A group that still has processes stays.
            let _ = fs::remove_dir(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mount_of_the_memory_controller_is_found() {
        let line =
            "31 26 0:27 / /sys/fs/cgroup/memory rw,relatime shared:9 - cgroup cgroup rw,memory";
        assert_eq!(memory_mount(line), Some("/sys/fs/cgroup/memory".into()));
        assert_eq!(
            memory_mount("31 26 0:27 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu"),
            None
        );
        assert_eq!(
            memory_mount("32 26 0:28 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw"),
            None
        );
    }

    #[test]
    fn our_path_is_the_one_of_the_memory_controller() {
        assert_eq!(memory_path("4:memory:/a/b"), Some("a/b"));
        assert_eq!(memory_path("4:cpu,memory:/"), Some(""));
        assert_eq!(memory_path("0::/a"), None);
        assert_eq!(memory_path("1:cpu:/a"), None);
    }

    #[test]
    fn a_number_is_read_with_its_line_end() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("number");
        std::fs::write(&file, "9223372036854771712\n").unwrap();
        assert_eq!(read_bytes(&file).unwrap(), 9_223_372_036_854_771_712);
        std::fs::write(&file, "max\n").unwrap();
        assert!(read_bytes(&file).is_err());
    }

    #[test]
    fn cached_files_are_the_cache_without_shared_memory() {
        let stat = "cache 7000\nrss 5\nshmem 4000\nmapped_file 9\ntotal_cache 1\n";
        assert_eq!(cached_files(stat), Some(3000));
        assert_eq!(cached_files("cache 7000\n"), None);
    }

    #[test]
    fn what_is_kept_has_no_files() {
        let directory = tempfile::tempdir().unwrap();
        for (name, contents) in [
            ("memory.usage_in_bytes", "10000\n"),
            ("memory.kmem.usage_in_bytes", "500\n"),
            ("memory.stat", "cache 7000\nshmem 4000\n"),
        ] {
            std::fs::write(directory.path().join(name), contents).unwrap();
        }
        let expected = Charge {
            kept: 7000,
            kernel: 500,
        };
        assert_eq!(Charge::of(directory.path()).unwrap(), expected);
    }

    #[test]
    fn a_group_goes_with_its_value() {
        // Any directory will do: creation and removal are those of the file system.
        let parent = tempfile::tempdir().unwrap();
        let group = MemoryGroup::inside(parent.path()).unwrap();
        let path = group.path.clone();
        assert!(path.is_dir());
        drop(group);
        assert!(!path.exists());
    }
}
