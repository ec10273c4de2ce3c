//! The command line.

use std::process;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Result, bail};
use lexopt::{Arg, Parser, ValueExt};

/// Which heap to build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Blocks of all sizes with lives of all lengths.
    Mixed,
    /// Waves of small blocks of which few stay.
    Fragment,
}

/// What was asked for.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) mode: Mode,
    pub(crate) duration: Duration,
    pub(crate) threads: u32,
    pub(crate) seed: u64,
}

impl Options {
    pub(crate) fn from_environment() -> Result<Self> {
        let mut options = Self {
            mode: Mode::Mixed,
            duration: Duration::from_secs(60),
            threads: 8,
            seed: fresh_seed(),
        };
        let mut arguments = Parser::from_env();
        while let Some(argument) = arguments.next()? {
            match argument {
                Arg::Long("fragment") => options.mode = Mode::Fragment,
                Arg::Long("seconds") => {
                    options.duration = Duration::from_secs(arguments.value()?.parse()?);
                }
                Arg::Long("threads") => options.threads = arguments.value()?.parse()?,
                Arg::Long("seed") => options.seed = arguments.value()?.parse()?,
                other => return Err(other.unexpected().into()),
            }
        }
        if options.threads < 2 || options.duration.is_zero() {
            bail!("at least 2 threads and 1 second are needed");
        }
        Ok(options)
    }
}

fn fresh_seed() -> u64 {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::from(now.subsec_nanos()) << 16 ^ now.as_secs() ^ u64::from(process::id()) << 40
}
