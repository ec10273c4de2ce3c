//! Where a profile comes from.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result, anyhow};
use heapprofile::Image;

use crate::process::{self, Mapping};

/// A copy of a profile, and the mappings of its process.
pub(crate) struct Source {
    bytes: Vec<u8>,
    /// What it is the profile of, for people.
    pub(crate) name: String,
    /// The process, if it runs.
    pid: Option<i32>,
    /// When it was taken.
    pub(crate) when: SystemTime,
}

impl Source {
    /// The profile of a process, if `target` is a number, or in a file.
    pub(crate) fn open(target: &Path) -> Result<Self> {
        match target.to_str().and_then(|number| number.parse().ok()) {
            Some(pid) if pid > 0 => Self::of_process(pid),
            _ => Self::of_file(target),
        }
    }

    fn of_process(pid: i32) -> Result<Self> {
        let name = process::name(pid)?;
        let bytes = process::profile(pid);
        let bytes = bytes.map_err(|absence| anyhow!(absence.words("profile", pid)))?;
        let name = format!("{name} ({pid})");
        Ok(Self::new(bytes, name, Some(pid), SystemTime::now()))
    }

    fn of_file(file: &Path) -> Result<Self> {
        let name = file.display().to_string();
        let bytes = fs::read(file).with_context(|| format!("cannot read {name}"))?;
        let when = fs::metadata(file).and_then(|metadata| metadata.modified());
        let when = when.unwrap_or_else(|_| SystemTime::now());
        Ok(Self::new(bytes, name, None, when))
    }

    pub(super) fn new(bytes: Vec<u8>, name: String, pid: Option<i32>, when: SystemTime) -> Self {
        Self {
            bytes,
            name,
            pid,
            when,
        }
    }

    /// The profile.
    pub(crate) fn image(&self) -> Result<Image<'_>> {
        Image::new(&self.bytes).with_context(|| self.name.clone())
    }

    /// Where the file of a mapping can be opened.
    pub(crate) fn place(&self, mapping: &Mapping) -> Result<PathBuf> {
        match self.pid {
            Some(pid) => Ok(mapping.place(pid)?),
            None if mapping.deleted => Err(anyhow!(
                "it had been replaced or removed when the profile was written"
            )),
            None => Ok(mapping.path.clone()),
        }
    }
}
