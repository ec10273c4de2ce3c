//! Machines that are told, not found.

use std::collections::BTreeMap;

use super::checks;
use super::finding::{Finding, Level};
use super::system::{Preloaded, System, Tried};

/// A machine in a given situation.
struct Told {
    files: BTreeMap<&'static str, String>,
    is_root: bool,
    machine: &'static str,
    page_size: usize,
    glibc: Option<&'static str>,
    userfaultfd: Tried,
    device: Tried,
    preload: Result<Preloaded, String>,
}

impl System for Told {
    fn read(&self, path: &str) -> Option<String> {
        self.files.get(path).cloned()
    }

    fn is_root(&self) -> bool {
        self.is_root
    }

    fn machine(&self) -> &str {
        self.machine
    }

    fn page_size(&self) -> usize {
        self.page_size
    }

    fn glibc(&self) -> Option<String> {
        self.glibc.map(str::to_owned)
    }

    fn userfaultfd(&self) -> Tried {
        self.userfaultfd.clone()
    }

    fn userfaultfd_device(&self) -> Tried {
        self.device.clone()
    }

    fn preload(&self) -> Result<Preloaded, String> {
        self.preload.clone()
    }
}

const MAPPINGS: &str = "/proc/sys/vm/max_map_count";
const STATUS: &str = "/proc/self/status";

/// A machine that has everything.
fn root() -> Told {
    let files = [
        ("/proc/sys/kernel/osrelease", "6.8.0-45-generic\n"),
        (MAPPINGS, "1048576\n"),
        ("/proc/sys/vm/unprivileged_userfaultfd", "0\n"),
        ("/proc/sys/vm/overcommit_memory", "0\n"),
        (STATUS, "Name:\tmesh\nSeccomp:\t0\nSeccomp_filters:\t0\n"),
        ("/proc/self/cgroup", "0::/user.slice/shell\n"),
        ("/sys/fs/cgroup/user.slice/shell/memory.max", "max\n"),
        ("/sys/fs/cgroup/user.slice/shell/memory.current", "1000\n"),
        (
            "/proc/self/limits",
            "Max address space         unlimited            unlimited            bytes\n",
        ),
        (
            "/sys/kernel/mm/transparent_hugepage/enabled",
            "always [madvise] never\n",
        ),
    ];
    Told {
        files: files.map(|(path, text)| (path, text.to_owned())).into(),
        is_root: true,
        machine: "x86_64",
        page_size: 4096,
        glibc: Some("2.39"),
        userfaultfd: Tried::Works,
        device: Tried::Works,
        preload: Ok(Preloaded {
            library: "/usr/lib/libmesh.so".into(),
            barrier: "userfaultfd".to_owned(),
            ..Preloaded::default()
        }),
    }
}

fn unprivileged() -> Told {
    Told {
        is_root: false,
        userfaultfd: Tried::Refused(libc::EPERM),
        device: Tried::Refused(libc::EACCES),
        ..root()
    }
}

fn find(machine: &Told, name: &str) -> Finding {
    let all = checks::all(machine);
    let found = all.iter().find(|finding| finding.name == name);
    found.expect("a finding of this name").clone()
}

fn worst(machine: &Told) -> Level {
    let levels = checks::all(machine)
        .into_iter()
        .map(|finding| finding.level);
    levels.max().expect("findings")
}

/// Those that are not good, by name.
fn bad(machine: &Told) -> Vec<&'static str> {
    let all = checks::all(machine).into_iter();
    all.filter(|finding| finding.level > Level::Ok)
        .map(|finding| finding.name)
        .collect()
}

#[test]
fn root_has_everything() {
    assert_eq!(bad(&root()), [""; 0]);
}

#[test]
fn a_user_without_rights_is_told_what_to_permit() {
    let machine = unprivileged();
    assert_eq!(bad(&machine), ["userfaultfd"]);
    let finding = find(&machine, "userfaultfd");
    assert_eq!(finding.level, Level::Note);
    let command = finding.command.unwrap();
    assert!(
        command.starts_with("sysctl vm.unprivileged_userfaultfd=1"),
        "{command}"
    );
    assert!(finding.meaning.contains("mprotect"), "{}", finding.meaning);
}

#[test]
fn the_device_alone_suffices() {
    let machine = Told {
        device: Tried::Works,
        ..unprivileged()
    };
    assert_eq!(find(&machine, "userfaultfd").level, Level::Ok);
}

#[test]
fn few_mappings_are_a_warning_and_the_default_is_a_note() {
    for (limit, level) in [
        ("4096", Level::Warning),
        ("65529", Level::Warning),
        ("65530", Level::Note),
        ("262144", Level::Ok),
    ] {
        let mut machine = root();
        machine.files.insert(MAPPINGS, limit.to_owned());
        let finding = find(&machine, "mappings");
        assert_eq!(finding.level, level, "{limit}");
        assert_eq!(finding.command.is_some(), level > Level::Ok, "{limit}");
        assert_eq!(worst(&machine), level);
    }
}

#[test]
fn a_filter_is_told_with_what_it_does_to_the_barrier() {
    for tried in [
        Tried::Killed,
        Tried::Refused(libc::EPERM),
        Tried::Refused(libc::ENOSYS),
    ] {
        let mut machine = Told {
            userfaultfd: tried.clone(),
            device: Tried::Refused(libc::ENOENT),
            ..root()
        };
        let status = "Seccomp:\t2\nSeccomp_filters:\t3\n";
        machine.files.insert(STATUS, status.to_owned());
        assert_eq!(bad(&machine), ["userfaultfd", "filter of system calls"]);
        assert_eq!(worst(&machine), Level::Note, "{tried:?}");
        let finding = find(&machine, "filter of system calls");
        assert!(finding.seen.contains('3'), "{}", finding.seen);
    }
}

#[test]
fn what_is_too_old_or_other_is_unusable() {
    let mut old = root();
    let release = "/proc/sys/kernel/osrelease";
    old.files.insert(release, "4.19.0-26-amd64".to_owned());
    let other = Told {
        machine: "riscv64",
        ..root()
    };
    let large = Told {
        page_size: 65536,
        ..root()
    };
    let glibc = Told {
        glibc: Some("2.31"),
        ..root()
    };
    let musl = Told {
        glibc: None,
        ..root()
    };
    let broken = Told {
        preload: Err("no libmesh.so".to_owned()),
        ..root()
    };
    for (machine, name) in [
        (old, "kernel"),
        (other, "processor"),
        (large, "processor"),
        (glibc, "C library"),
        (musl, "C library"),
        (broken, "preloading"),
    ] {
        assert_eq!(bad(&machine), [name]);
        assert_eq!(worst(&machine), Level::Unusable, "{name}");
    }
    let mut between = root();
    between.files.insert(release, "5.10.0-21-amd64".to_owned());
    assert_eq!(find(&between, "kernel").level, Level::Note);
}

#[test]
fn control_groups_of_both_versions_are_found() {
    let limited = |group: &str, files: &[(&'static str, &str)]| {
        let mut machine = root();
        machine.files.insert("/proc/self/cgroup", group.to_owned());
        for (path, text) in files {
            machine.files.insert(path, (*text).to_owned());
        }
        find(&machine, "control group")
    };
    let second = limited(
        "0::/a/b\n",
        &[
            ("/sys/fs/cgroup/a/b/memory.max", "max"),
            ("/sys/fs/cgroup/a/b/memory.current", "1048576"),
            ("/sys/fs/cgroup/a/memory.max", "104857600"),
            ("/sys/fs/cgroup/a/memory.current", "2097152"),
        ],
    );
    assert_eq!(second.level, Level::Ok);
    assert!(
        second.seen.contains("2.0 MiB of 100.0 MiB"),
        "{}",
        second.seen
    );
    let first = limited(
        "5:cpu:/x\n4:memory:/x\n",
        &[
            ("/sys/fs/cgroup/memory/x/memory.limit_in_bytes", "1000000"),
            ("/sys/fs/cgroup/memory/x/memory.usage_in_bytes", "990000"),
            (
                "/sys/fs/cgroup/memory/memory.limit_in_bytes",
                "9223372036854771712",
            ),
        ],
    );
    assert_eq!(first.level, Level::Warning);
    let command = first.command.unwrap();
    assert_eq!(
        command,
        "echo BYTES > /sys/fs/cgroup/memory/x/memory.limit_in_bytes"
    );
    assert_eq!(limited("", &[]).level, Level::Ok);
}

#[test]
fn settings_of_the_machine_that_cost_much_are_warnings() {
    let mut machine = root();
    let strict = "/proc/sys/vm/overcommit_memory";
    machine.files.insert(strict, "2".to_owned());
    assert_eq!(bad(&machine), ["overcommit"]);
    let mut machine = root();
    let shared = "/sys/kernel/mm/transparent_hugepage/shmem_enabled";
    machine.files.insert(
        shared,
        "always within_size advise never deny [force]".to_owned(),
    );
    assert_eq!(bad(&machine), ["huge pages"]);
    let mut machine = root();
    let limits = "Max address space         1073741824           unlimited            bytes";
    machine.files.insert("/proc/self/limits", limits.to_owned());
    assert_eq!(bad(&machine), ["address space"]);
    let mut machine = root();
    if let Ok(said) = &mut machine.preload {
        said.unmeshed_because = "MESH_ENABLED=0".to_owned();
    }
    assert_eq!(bad(&machine), ["preloading"]);
    assert_eq!(worst(&machine), Level::Warning);
}

#[test]
fn whatever_is_not_good_says_what_that_means() {
    let nothing = Told {
        files: BTreeMap::new(),
        is_root: false,
        machine: "riscv64",
        page_size: 16384,
        glibc: None,
        userfaultfd: Tried::Untried("no room".to_owned()),
        device: Tried::Refused(libc::ENOENT),
        preload: Err("why".to_owned()),
    };
    for machine in [nothing, unprivileged()] {
        for finding in checks::all(&machine) {
            assert!(!finding.seen.is_empty(), "{}", finding.name);
            let words = !finding.meaning.is_empty() || finding.level <= Level::Note;
            assert!(words, "{}", finding.name);
        }
    }
}
