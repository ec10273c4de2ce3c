//! The library's variables for heap profiles, as options.

use std::ffi::OsString;
use std::path::PathBuf;

/// How a heap profile is taken. `mesh profile` reads it.
#[derive(clap::Args, Default)]
#[command(next_help_heading = "Heap profile")]
pub(super) struct ProfileKnobs {
    /// Sample allocations, and write at exit which places in the program hold memory: `mesh profile` shows it
    #[arg(long)]
    profile: bool,
    /// Bytes from one sample to the next, on average, as in 64K [default: 512K]
    #[arg(long, value_name = "SIZE", value_parser = super::knobs::size, requires = "profile")]
    profile_sample: Option<String>,
    /// What the names of files begin with [default: mesh]
    #[arg(long, value_name = "PATH", requires = "profile")]
    profile_prefix: Option<PathBuf>,
    /// Write the profile whenever this signal comes, too
    #[arg(long, value_name = "SIGNAL", requires = "profile")]
    profile_signal: Option<String>,
    /// Kilobytes of each stack that are kept [default: 8]
    #[arg(long, value_name = "KB", value_parser = clap::value_parser!(u32).range(..=64), requires = "profile")]
    profile_stack_kb: Option<u32>,
    /// Take no samples until the program asks for them: mesh_mallctl("prof.active")
    #[arg(long, requires = "profile")]
    profile_later: bool,
    /// Write nothing at exit
    #[arg(long, requires = "profile")]
    profile_no_final: bool,
    /// Say at exit how much lives
    #[arg(long, requires = "profile")]
    profile_leak: bool,
}

impl ProfileKnobs {
    /// The variables to set, or not.
    pub(super) fn variables(&self) -> [(&'static str, Option<OsString>); 8] {
        let flag = |set: bool, value: &str| set.then(|| OsString::from(value));
        let text = |value: &Option<String>| value.clone().map(Into::into);
        [
            ("MESH_PROF", flag(self.profile, "1")),
            ("MESH_PROF_SAMPLE", text(&self.profile_sample)),
            (
                "MESH_PROF_PREFIX",
                self.profile_prefix.clone().map(Into::into),
            ),
            ("MESH_PROF_SIGNAL", text(&self.profile_signal)),
            (
                "MESH_PROF_STACK_KB",
                self.profile_stack_kb.map(|kb| kb.to_string().into()),
            ),
            ("MESH_PROF_ACTIVE", flag(self.profile_later, "0")),
            ("MESH_PROF_FINAL", flag(self.profile_no_final, "0")),
            ("MESH_PROF_LEAK", flag(self.profile_leak, "1")),
        ]
    }
}
