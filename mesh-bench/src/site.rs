//! Where programs run that are measured, and for how long.

use crate::programs;
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// How long a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scale {
    /// About a second.
    Full,
    /// About a tenth of it.
    Quick,
}

/// Where a workload runs.
pub(crate) struct Site<'a> {
    /// A directory for its files.
    pub(crate) directory: &'a Path,
    /// How long it shall run.
    pub(crate) scale: Scale,
}

impl Scale {
    /// `full`, or a tenth of it.
    pub(crate) fn of(self, full: u64) -> u64 {
        match self {
            Self::Full => full,
            Self::Quick => (full / 10).max(1),
        }
    }
}

impl Site<'_> {
    /// A command of an installed program, without input and with its output thrown away.
    pub(crate) fn command(&self, program: &str) -> Result<Command> {
        let mut command = Command::new(programs::find(program)?);
        command
            .current_dir(self.directory)
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        Ok(command)
    }

    /// The file `name` with `contents`, written the first time it is asked for.
    pub(crate) fn file(&self, name: &str, contents: impl FnOnce() -> String) -> Result<PathBuf> {
        let path = self.directory.join(name);
        if !path.exists() {
            std::fs::write(&path, contents()).with_context(|| path.display().to_string())?;
        }
        Ok(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quick_run_is_a_tenth_but_never_nothing() {
        assert_eq!(Scale::Full.of(50), 50);
        assert_eq!(Scale::Quick.of(50), 5);
        assert_eq!(Scale::Quick.of(3), 1);
    }

    #[test]
    fn a_file_is_written_once() {
        let directory = tempfile::tempdir().unwrap();
        let site = Site {
            directory: directory.path(),
            scale: Scale::Quick,
        };
        let path = site.file("a", || "first".into()).unwrap();
        site.file("a", || "second".into()).unwrap();
        assert_eq!(std::fs::read_to_string(path).unwrap(), "first");
    }
}
