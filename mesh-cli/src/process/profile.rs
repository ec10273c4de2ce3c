//! A copy of the heap profile in another process.

use std::fs;

use heapprofile::{HEADER_WORDS, Header, SYMBOL};

use super::absence::Absence;
use super::memory::read;
use super::{block, files};

/// Bytes of a word.
const WORD: usize = size_of::<u64>();

/// The profile of a running process, as a file would have it: the words in use, and the text of `/proc/PID/maps`.
pub(crate) fn profile(pid: i32) -> Result<Vec<u8>, Absence> {
    let symbol = block::find(pid, SYMBOL, &mut None)?;
    let address = word(pid, symbol)?;
    let room = word(pid, symbol + WORD as u64)?;
    if address == 0 || room < (HEADER_WORDS * WORD) as u64 {
        return Err(Absence::NotProfiled);
    }
    let used = word(pid, address + (Header::Used as usize * WORD) as u64)?;
    let used = used.saturating_mul(WORD as u64);
    if used > room {
        let why = "the heap profile in this process is longer than the memory that it has";
        return Err(Absence::Other(why.to_owned()));
    }
    let mut bytes = vec![0; used as usize];
    read(pid, address, &mut bytes)?;
    // It may have more now.
    let header = bytes.iter_mut().skip(Header::Used as usize * WORD);
    for (byte, known) in header.zip((used / WORD as u64).to_ne_bytes()) {
        *byte = known;
    }
    bytes.extend(fs::read(format!("/proc/{pid}/maps"))?);
    Ok(bytes)
}

/// The name of a process.
pub(crate) fn name(pid: i32) -> anyhow::Result<String> {
    Ok(files::identity(pid)?.0)
}

fn word(pid: i32, address: u64) -> Result<u64, Absence> {
    let mut word = [0; WORD];
    read(pid, address, &mut word)?;
    Ok(u64::from_ne_bytes(word))
}
