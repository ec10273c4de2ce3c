//! A copy of the figures that another process has published.

use std::io::IoSliceMut;
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::uio::{RemoteIoVec, process_vm_readv};
use nix::unistd::Pid;
use published::{Image, SEQUENCE_OFFSET, SIZE, Unreadable};

/// Times that a block which is being written to is copied again.
const TRIES: u32 = 50;

/// Between two of them: publishing takes some microseconds.
const PAUSE: Duration = Duration::from_millis(1);

/// Why there is no copy.
#[derive(Debug)]
pub(crate) enum Failure {
    Unreadable(Unreadable),
    System(Errno),
}

impl From<Errno> for Failure {
    fn from(error: Errno) -> Self {
        Self::System(error)
    }
}

/// The figures at `address` in the memory of a process.
pub(crate) fn image(pid: i32, address: u64) -> Result<Image, Failure> {
    for _ in 1..TRIES {
        match copy(pid, address) {
            Err(Failure::Unreadable(Unreadable::Torn)) => std::thread::sleep(PAUSE),
            other => return other,
        }
    }
    copy(pid, address)
}

fn copy(pid: i32, address: u64) -> Result<Image, Failure> {
    let sequence = || -> Result<u64, Failure> {
        let mut word = [0; 8];
        read(pid, address + SEQUENCE_OFFSET as u64, &mut word)?;
        Ok(u64::from_ne_bytes(word))
    };
    let before = sequence()?;
    let mut bytes = vec![0; SIZE];
    read(pid, address, &mut bytes)?;
    let after = sequence()?;
    Image::parse(&bytes, before, after).map_err(Failure::Unreadable)
}

/// Fills the `buffer` with what is at `address` in a process.
pub(super) fn read(pid: i32, address: u64, buffer: &mut [u8]) -> Result<(), Errno> {
    let len = buffer.len();
    let from = RemoteIoVec {
        base: address as usize,
        len,
    };
    let read = process_vm_readv(Pid::from_raw(pid), &mut [IoSliceMut::new(buffer)], &[from]);
    match read? {
        read if read == len => Ok(()),
        _ => Err(Errno::EFAULT),
    }
}
