//! What the things that were looked at mean for Mesh.

use super::finding::{Finding, Level};
use super::groups::{Limits, limits};
use super::system::{System, Tried};
use crate::units::{bytes, count};

/// Everything, in the order in which it is shown.
pub(super) fn all(system: &dyn System) -> Vec<Finding> {
    vec![
        kernel(system),
        processor(system),
        c_library(system),
        mappings(system),
        userfaultfd(system),
        filter(system),
        overcommit(system),
        huge_pages(system),
        control_group(system),
        address_space(system),
        preload(system),
    ]
}

/// The oldest kernel that is supported, and the first with the better barrier.
const OLDEST: (u32, u32) = (5, 10);
const WITH_BARRIER: (u32, u32) = (6, 4);

fn kernel(system: &dyn System) -> Finding {
    const NAME: &str = "kernel";
    let Some(release) = system.read("/proc/sys/kernel/osrelease") else {
        return Finding::new(NAME, Level::Note, "/proc does not tell its version")
            .means("Mesh needs Linux 5.10 or later, and /proc for some of what it does.");
    };
    let release = release.trim();
    let seen = format!("Linux {release}");
    match version(release) {
        Some(version) if version >= WITH_BARRIER => Finding::new(NAME, Level::Ok, seen),
        Some(version) if version >= OLDEST => Finding::new(NAME, Level::Note, seen).means(
            "Meshing works, behind the mprotect barrier: system calls by inline assembly may fail with EFAULT \
             in the moment of a mesh. The userfaultfd barrier needs Linux 6.4.",
        ),
        _ => Finding::new(NAME, Level::Unusable, seen).means("Mesh needs Linux 5.10 or later."),
    }
}

/// The first two numbers of a version.
fn version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.split(|c: char| !c.is_ascii_digit());
    let mut next = || numbers.next()?.parse().ok();
    Some((next()?, next()?))
}

const PAGE: usize = 4096;

/// Kinds of processors, as the kernel calls them.
const MACHINES: [&str; 2] = ["x86_64", "aarch64"];

fn processor(system: &dyn System) -> Finding {
    let seen = format!(
        "{}, pages of {}",
        system.machine(),
        bytes(system.page_size() as u64)
    );
    let fits = MACHINES.contains(&system.machine()) && system.page_size() == PAGE;
    if fits {
        Finding::new("processor", Level::Ok, seen)
    } else {
        Finding::new("processor", Level::Unusable, seen)
            .means("Mesh is for x86-64 and AArch64 with pages of 4 KiB.")
    }
}

/// The oldest C library that is supported.
const OLDEST_GLIBC: (u32, u32) = (2, 34);

fn c_library(system: &dyn System) -> Finding {
    const NAME: &str = "C library";
    let Some(glibc) = system.glibc() else {
        return Finding::new(NAME, Level::Unusable, "not glibc")
            .means("Programs of another C library end with status 127 when libmesh is preloaded.");
    };
    let seen = format!("glibc {glibc}");
    match version(&glibc) {
        Some(version) if version >= OLDEST_GLIBC => Finding::new(NAME, Level::Ok, seen),
        _ => {
            Finding::new(NAME, Level::Unusable, seen).means("libmesh.so needs glibc 2.34 or later.")
        }
    }
}

/// The kernel's default, and a limit that large heaps do well with.
const DEFAULT_MAPPINGS: u64 = 65_530;
const MANY_MAPPINGS: u64 = 262_144;

fn mappings(system: &dyn System) -> Finding {
    const NAME: &str = "mappings";
    const COMMAND: &str = "sysctl vm.max_map_count=262144    # in /etc/sysctl.d for good";
    let limit = system.read("/proc/sys/vm/max_map_count");
    let Some(limit) = limit.and_then(|limit| limit.trim().parse::<u64>().ok()) else {
        return Finding::new(NAME, Level::Note, "vm.max_map_count cannot be read")
            .means("Mesh reckons with the kernel's default then.");
    };
    let seen = format!("vm.max_map_count is {}", count(limit));
    if limit < DEFAULT_MAPPINGS {
        Finding::new(NAME, Level::Warning, seen)
            .means(format!(
                "Each meshed page may cost a mapping, and a third is left to the program: less than the default of {} \
                 lets little be meshed.",
                count(DEFAULT_MAPPINGS)
            ))
            .changed_by(COMMAND)
    } else if limit < MANY_MAPPINGS {
        Finding::new(NAME, Level::Note, seen)
            .means(
                "Enough for heaps of some hundred MiB. A larger one that says `Meshes unaffordable` gives more back with more.",
            )
            .changed_by(COMMAND)
    } else {
        Finding::new(NAME, Level::Ok, seen)
    }
}

fn userfaultfd(system: &dyn System) -> Finding {
    const NAME: &str = "userfaultfd";
    const MEANING: &str = "The barrier is mprotect: a system call by inline assembly that writes into a small object may fail with EFAULT \
         while its page is meshed. With userfaultfd it waits.";
    let tried = system.userfaultfd();
    if tried == Tried::Works {
        return Finding::new(NAME, Level::Ok, "permitted");
    }
    if system.userfaultfd_device() == Tried::Works {
        return Finding::new(NAME, Level::Ok, "permitted by /dev/userfaultfd");
    }
    match tried {
        Tried::Killed => Finding::new(NAME, Level::Note, "a filter of system calls kills for it")
            .means(format!("{MEANING} Mesh does not try it under a filter.")),
        Tried::Refused(libc::ENOSYS) => Finding::new(
            NAME,
            Level::Note,
            "the kernel has none, or a filter says so",
        )
        .means(MEANING),
        Tried::Refused(libc::EPERM | libc::EACCES) => {
            let finding = Finding::new(NAME, Level::Note, "not permitted").means(MEANING);
            let sysctl = system.read("/proc/sys/vm/unprivileged_userfaultfd");
            if sysctl.as_deref().map(str::trim) == Some("0") && !system.is_root() {
                finding.changed_by(
                    "sysctl vm.unprivileged_userfaultfd=1    # or access to /dev/userfaultfd, or CAP_SYS_PTRACE",
                )
            } else {
                finding.changed_by(
                    "chmod a+rw /dev/userfaultfd    # in a container: permit the call in its filter, and the device",
                )
            }
        }
        Tried::Refused(error) => {
            let error = std::io::Error::from_raw_os_error(error);
            Finding::new(NAME, Level::Note, format!("refused: {error}")).means(MEANING)
        }
        Tried::Untried(why) => Finding::new(NAME, Level::Note, format!("not tried: {why}")),
        Tried::Works => Finding::new(NAME, Level::Ok, "permitted"),
    }
}

fn filter(system: &dyn System) -> Finding {
    const NAME: &str = "filter of system calls";
    let Some(status) = system.read("/proc/self/status") else {
        return Finding::new(
            NAME,
            Level::Note,
            "/proc does not tell whether there is one",
        )
        .means("Mesh takes it that there is one: the barrier is mprotect.");
    };
    let field = |label| {
        status
            .lines()
            .find_map(|line: &str| line.strip_prefix(label))
    };
    match field("Seccomp:").map(str::trim) {
        Some("0") | None => Finding::new(NAME, Level::Ok, "none"),
        Some(_) => {
            let many = field("Seccomp_filters:").map_or("1", str::trim);
            Finding::new(NAME, Level::Note, format!("in force ({many})"))
                .means(
                    "Meshing works behind the mprotect barrier; userfaultfd is not tried, since the filter may kill for it. \
                     One that kills for mremap or membarrier needs --no-meshing.",
                )
                .changed_by("mesh run --barrier userfaultfd -- PROGRAM    # where the filter permits it")
        }
    }
}

fn overcommit(system: &dyn System) -> Finding {
    const NAME: &str = "overcommit";
    let mode = system.read("/proc/sys/vm/overcommit_memory");
    match mode.as_deref().map(str::trim) {
        Some("2") => Finding::new(NAME, Level::Warning, "strict (vm.overcommit_memory=2)")
            .means("Mesh maps more addresses than it uses, which count here: allocations and forks may fail early.")
            .changed_by("sysctl vm.overcommit_memory=0"),
        Some(mode @ ("0" | "1")) => {
            Finding::new(NAME, Level::Ok, format!("vm.overcommit_memory is {mode}"))
        }
        _ => Finding::new(NAME, Level::Note, "vm.overcommit_memory cannot be read"),
    }
}

fn huge_pages(system: &dyn System) -> Finding {
    const NAME: &str = "huge pages";
    let mode = |file| {
        let path = format!("/sys/kernel/mm/transparent_hugepage/{file}");
        let text = system.read(&path)?;
        let (_, rest) = text.split_once('[')?;
        Some(rest.split_once(']')?.0.to_owned())
    };
    if let Some(forced) = mode("shmem_enabled").filter(|mode| mode == "force") {
        return Finding::new(NAME, Level::Warning, format!("shared memory: {forced}"))
            .means("Meshed pages lie in shared memory: a huge page for each of them takes more than meshing saves.")
            .changed_by("echo never > /sys/kernel/mm/transparent_hugepage/shmem_enabled");
    }
    match mode("enabled") {
        Some(mode) => Finding::new(NAME, Level::Ok, mode)
            .means("Spans of small objects ask for none; large objects may have them."),
        None => Finding::new(NAME, Level::Ok, "none"),
    }
}

/// A group is nearly full when less than one part in so many is left.
const PART: u64 = 20;

fn control_group(system: &dyn System) -> Finding {
    const NAME: &str = "control group";
    match limits(system) {
        Limits::Unknown => Finding::new(NAME, Level::Ok, "no limit on memory to be seen"),
        Limits::None => Finding::new(NAME, Level::Ok, "no limit on memory"),
        Limits::Tightest(group) => {
            let seen = format!(
                "{} of {} used ({})",
                bytes(group.used),
                bytes(group.limit),
                group.directory
            );
            let left = group.limit.saturating_sub(group.used);
            if left < group.limit / PART {
                Finding::new(NAME, Level::Warning, seen)
                    .means(
                        "A mesh needs a page before it gives one back: a group that is full to the last page ends by the kernel's choice.",
                    )
                    .changed_by(format!(
                        "echo BYTES > {}/{}",
                        group.directory, group.file
                    ))
            } else {
                Finding::new(NAME, Level::Ok, seen)
                    .means("The heap is compacted when the group's memory is nearly used up.")
            }
        }
    }
}

fn address_space(system: &dyn System) -> Finding {
    const NAME: &str = "address space";
    let limits = system.read("/proc/self/limits").unwrap_or_default();
    let line = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max address space"));
    let soft = line.and_then(|line| line.split_whitespace().next());
    match soft.and_then(|soft| soft.parse().ok()) {
        None => Finding::new(NAME, Level::Ok, "no limit"),
        Some(limit) => Finding::new(NAME, Level::Note, format!("limited to {}", bytes(limit)))
            .means(
                "Meshed parts of the heap have a second mapping, which counts: near the limit less is meshed, and fork may fail.",
            )
            .changed_by("ulimit -v unlimited"),
    }
}

fn preload(system: &dyn System) -> Finding {
    const NAME: &str = "preloading";
    match system.preload() {
        Ok(said) => {
            let seen = format!("{} loads", said.library.display());
            if !said.unmeshed_because.is_empty() {
                return Finding::new(NAME, Level::Warning, seen)
                    .means(format!("It does not mesh here: {}.", said.unmeshed_because));
            }
            let why = match said.barrier_reason.as_str() {
                "" => String::new(),
                why => format!(", for {why}"),
            };
            Finding::new(NAME, Level::Ok, seen).means(format!(
                "It meshes, behind the {} barrier{why}.",
                said.barrier
            ))
        }
        Err(why) => Finding::new(NAME, Level::Unusable, "the library does not load").means(why),
    }
}
