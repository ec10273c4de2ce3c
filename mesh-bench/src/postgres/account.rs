//! The account that the server runs under: it refuses root's.

use anyhow::{Context, Result};
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

/// An account without rights; `None` where we are no root, and the server runs under ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Account(Option<Numbers>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Numbers {
    user: u32,
    group: u32,
}

/// In the order of preference.
const NAMES: [&str; 2] = ["postgres", "nobody"];

impl Account {
    /// The account for this process's servers.
    pub(super) fn find() -> Result<Self> {
        if !rustix::process::geteuid().is_root() {
            return Ok(Self(None));
        }
        let accounts = std::fs::read_to_string("/etc/passwd").context("/etc/passwd")?;
        let numbers = NAMES.iter().find_map(|name| named(&accounts, name));
        Ok(Self(Some(
            numbers.context("no account `postgres` or `nobody`")?,
        )))
    }

    /// Makes `command` run under it.
    pub(super) fn run(self, command: &mut Command) {
        if let Some(Numbers { user, group }) = self.0 {
            command.uid(user).gid(group);
        }
    }

    /// Gives it a directory.
    pub(super) fn give(self, directory: &Path) -> Result<()> {
        match self.0 {
            Some(Numbers { user, group }) => chown(directory, Some(user), Some(group))
                .with_context(|| directory.display().to_string()),
            None => Ok(()),
        }
    }
}

/// The numbers of an account, from the lines of `/etc/passwd`.
fn named(accounts: &str, name: &str) -> Option<Numbers> {
    let of_line = |line: &str| {
        let mut fields = line
            .strip_prefix(name)?
            .strip_prefix(':')?
            .split(':')
            .skip(1);
        let mut number = || fields.next()?.parse().ok();
        Some(Numbers {
            user: number()?,
            group: number()?,
        })
    };
    accounts.lines().find_map(of_line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_found_by_its_whole_name() {
        let accounts = "root:x:0:0:root:/root:/bin/bash\npostgres2:x:7:8::/:\npostgres:x:101:104:,,,:/var:/bin/bash\n";
        let expected = Numbers {
            user: 101,
            group: 104,
        };
        assert_eq!(named(accounts, "postgres"), Some(expected));
        assert_eq!(named(accounts, "nobody"), None);
    }
}
