//! A control group with a limit on memory.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result};

use crate::compile::Program;
use crate::run::Run;

/// A control group of the first version, with a directory; removed with this value.
pub struct ControlGroup(PathBuf);

impl ControlGroup {
    /// A group whose processes may use so many MiB.
    pub fn new(limit: usize) -> Result<Self> {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("mesh-tests-{}-{number}", std::process::id());
        let group = Self(PathBuf::from("/sys/fs/cgroup/memory").join(name));
        fs::create_dir(&group.0).context("a memory control group (version 1) is needed")?;
        let limit = (limit << 20).to_string();
        fs::write(group.0.join("memory.limit_in_bytes"), limit)?;
        Ok(group)
    }

    /// Its directory.
    pub fn directory(&self) -> &Path {
        &self.0
    }

    /// Runs `program` in it; `start` is `limits/start.c`.
    pub fn run(&self, start: &Program, program: &Program) -> Run {
        start
            .run()
            .argument("group")
            .argument(self.0.join("cgroup.procs"))
            .argument("--")
            .argument(program.path())
    }

    /// What the kernel has ended in it for want of memory.
    pub fn events(&self) -> Result<String> {
        Ok(fs::read_to_string(self.0.join("memory.oom_control"))?)
    }
}

impl Drop for ControlGroup {
    fn drop(&mut self) {
        // Should a process be left in it, the group stays: a nuisance, no failure.
        let _ = fs::remove_dir(&self.0);
    }
}
