//! Limits of control groups on memory.

use super::system::System;

/// A group that has a limit.
#[derive(PartialEq, Eq, Debug)]
pub(super) struct Limited {
    /// The directory.
    pub(super) directory: String,
    /// The file with the limit.
    pub(super) file: &'static str,
    pub(super) limit: u64,
    pub(super) used: u64,
}

/// What limits there are.
#[derive(PartialEq, Eq, Debug)]
pub(super) enum Limits {
    /// The files do not tell.
    Unknown,
    None,
    Tightest(Limited),
}

/// A hierarchy of groups, as it is usually mounted, and the names of its files.
struct Hierarchy {
    mount: &'static str,
    limit: &'static str,
    used: &'static str,
}

const SECOND: Hierarchy = Hierarchy {
    mount: "/sys/fs/cgroup",
    limit: "memory.max",
    used: "memory.current",
};

const FIRST: Hierarchy = Hierarchy {
    mount: "/sys/fs/cgroup/memory",
    limit: "memory.limit_in_bytes",
    used: "memory.usage_in_bytes",
};

/// In the first version this much, or more, is no limit.
const UNLIMITED: u64 = 1 << 62;

/// The limit that is reached first, of the groups of this process and those above them.
pub(super) fn limits(system: &dyn System) -> Limits {
    let Some(groups) = system.read("/proc/self/cgroup") else {
        return Limits::Unknown;
    };
    let mut tightest: Option<Limited> = None;
    let mut seen = false;
    for line in groups.lines() {
        let mut fields = line.splitn(3, ':');
        let (Some(number), Some(kinds), Some(path)) = (fields.next(), fields.next(), fields.next())
        else {
            continue;
        };
        let hierarchy = if number == "0" && kinds.is_empty() {
            &SECOND
        } else if kinds.split(',').any(|kind| kind == "memory") {
            &FIRST
        } else {
            continue;
        };
        // Where a namespace hides the groups above, their limits cannot be seen.
        for directory in upwards(hierarchy.mount, path) {
            let number = |file: &str| system.read(&format!("{directory}/{file}"));
            let used = number(hierarchy.used);
            seen |= used.is_some();
            let used = used.and_then(|used| used.trim().parse().ok()).unwrap_or(0);
            let limit = number(hierarchy.limit).and_then(|limit| limit.trim().parse().ok());
            let Some(limit) = limit.filter(|&limit: &u64| limit < UNLIMITED) else {
                continue;
            };
            let room = |limit: u64, used: u64| limit.saturating_sub(used);
            let is_tighter = tightest
                .as_ref()
                .is_none_or(|other| room(limit, used) < room(other.limit, other.used));
            if is_tighter {
                tightest = Some(Limited {
                    directory,
                    file: hierarchy.limit,
                    limit,
                    used,
                });
            }
        }
    }
    match tightest {
        Some(limited) => Limits::Tightest(limited),
        None if seen => Limits::None,
        None => Limits::Unknown,
    }
}

/// The directory of a group and those above it, up to the mount.
fn upwards(mount: &str, path: &str) -> Vec<String> {
    let mut path = path.trim_end_matches('/');
    let mut directories = Vec::new();
    while let Some((above, _)) = path.rsplit_once('/') {
        directories.push(format!("{mount}{path}"));
        path = above;
    }
    directories.push(mount.to_owned());
    directories
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_followed_up_to_the_mount() {
        assert_eq!(upwards("/m", "/a/b"), ["/m/a/b", "/m/a", "/m"]);
        assert_eq!(upwards("/m", "/"), ["/m"]);
    }
}
