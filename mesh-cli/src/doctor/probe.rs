//! What is tried in a process of its own: a filter of system calls may end it.

use std::fs::OpenOptions;
use std::process::ExitCode;

use rustix::io::Errno;
use rustix::mm::{UserfaultfdFlags, userfaultfd};

/// Something to try. The exit status is the error number, zero for none.
#[derive(clap::Subcommand)]
pub(crate) enum Probe {
    /// The system call
    Userfaultfd,
    /// The device of the same name
    Device,
    /// Nothing: that this program runs
    Nothing,
}

pub(crate) const USERFAULTFD: &str = "userfaultfd";
pub(crate) const DEVICE: &str = "device";
pub(crate) const NOTHING: &str = "nothing";

const DEVICE_FILE: &str = "/dev/userfaultfd";

pub(crate) fn run(probe: &Probe) -> ExitCode {
    let tried = match probe {
        Probe::Userfaultfd => {
            let flags = UserfaultfdFlags::CLOEXEC | UserfaultfdFlags::NONBLOCK;
            // SAFETY: nothing is registered with it, so it changes nothing of this process's memory.
            unsafe { userfaultfd(flags) }.map(drop)
        }
        Probe::Device => {
            let file = OpenOptions::new().read(true).write(true).open(DEVICE_FILE);
            file.map(drop)
                .map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))
        }
        Probe::Nothing => Ok(()),
    };
    match tried {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => u8::try_from(error.raw_os_error()).map_or(ExitCode::FAILURE, ExitCode::from),
    }
}
