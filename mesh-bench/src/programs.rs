//! Where the real programs are.

use anyhow::{Context, Result};
use std::path::{Path, PathBuf};

/// The system's directories come first: a wrapper script of a version manager is not the program to measure.
const DIRECTORIES: [&str; 4] = ["/usr/bin", "/bin", "/usr/local/bin", "/usr/sbin"];

/// The program `name`, in the system's directories or on the path.
pub(crate) fn find(name: &str) -> Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    DIRECTORIES
        .iter()
        .map(PathBuf::from)
        .chain(std::env::split_paths(&path))
        .map(|directory| directory.join(name))
        .find(|file| is_program(file))
        .with_context(|| format!("{name} is not installed"))
}

fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata()
        .is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_found_and_others_are_not() {
        assert!(is_program(&find("sh").unwrap()));
        let error = find("no-such-program").unwrap_err().to_string();
        assert_eq!(error, "no-such-program is not installed");
    }
}
