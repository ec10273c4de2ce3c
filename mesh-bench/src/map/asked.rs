//! A running program that can be asked for its map: what `/proc` says of it, and the signal.

use anyhow::{Context, Result, bail, ensure};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::OwnedFd;
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal};
use std::ffi::OsStr;
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A process that was started with `MESH_MAP` and `MESH_MAP_SIGNAL`. It stays this one when its number is given to another.
pub(super) struct Process {
    number: i32,
    handle: OwnedFd,
    /// Its name in the kernel.
    pub(super) name: String,
    /// Where its maps are, as seen from here.
    pub(super) file: PathBuf,
    signal: i32,
}

impl Process {
    /// The process of this number. `file` and `signal` stand for its variables where they are given.
    pub(super) fn find(number: i32, file: Option<&OsStr>, signal: Option<&OsStr>) -> Result<Self> {
        let missing = || format!("no process {number}");
        let pid = Pid::from_raw(number).with_context(missing)?;
        let handle = match rustix::process::pidfd_open(pid, PidfdFlags::empty()) {
            Ok(handle) => handle,
            Err(Errno::SRCH | Errno::INVAL | Errno::NOENT) => bail!(missing()),
            Err(error) => return Err(error).with_context(|| format!("process {number}")),
        };
        let environment = read(number, "environ")?;
        let shown = |name: &str, option: &str| {
            let value = variable(&environment, name);
            value.with_context(|| {
                format!(
                    "process {number} shows no {name} that it was started with; {option} says it if a title hides it"
                )
            })
        };
        let file = match file {
            Some(file) => file.as_bytes(),
            None => shown("MESH_MAP", "--file")?,
        };
        let name = match signal {
            Some(name) => name.as_bytes(),
            None => shown("MESH_MAP_SIGNAL", "--signal")?,
        };
        let signal = signalname::request(name).with_context(|| {
            let name = String::from_utf8_lossy(name);
            format!("process {number}: {name} is no signal that asks for a map")
        })?;
        let status = Status::of(number)?;
        Ok(Self {
            number,
            handle,
            file: seen_from_here(number, &expand(file, status.own_number)),
            name: status.name,
            signal,
        })
    }

    /// Asks for a map. Nothing is sent to a program that the signal would end.
    pub(super) fn ask(&self) -> Result<()> {
        let number = self.number;
        ensure!(
            Status::of(number)?.catches(self.signal),
            "process {number} does not catch signal {}, and was not asked: it does not load libmesh.so, or has set it otherwise",
            self.signal
        );
        // SAFETY: a signal's number, and none that the C library keeps for itself, as `signalname` has seen to.
        let signal = unsafe { Signal::from_raw_unchecked(self.signal) };
        rustix::process::pidfd_send_signal(&self.handle, signal)
            .with_context(|| format!("process {number}"))
    }

    /// Whether it ends within `pause`.
    pub(super) fn ends_within(&self, pause: Duration) -> Result<bool> {
        let timeout = Timespec {
            tv_sec: pause.as_secs().cast_signed(),
            tv_nsec: pause.subsec_nanos().into(),
        };
        let mut files = [PollFd::new(&self.handle, PollFlags::IN)];
        match poll(&mut files, Some(&timeout)) {
            Ok(ready) => Ok(ready > 0),
            Err(Errno::INTR) => Ok(false),
            Err(error) => Err(error).context("poll"),
        }
    }
}

/// A file of the process in `/proc`.
fn read(number: i32, file: &str) -> Result<Vec<u8>> {
    match std::fs::read(format!("/proc/{number}/{file}")) {
        Ok(bytes) => Ok(bytes),
        Err(error) if error.kind() == ErrorKind::NotFound => bail!("no process {number}"),
        Err(error) if error.raw_os_error() == Some(Errno::SRCH.raw_os_error()) => {
            bail!("process {number} has ended, or is a part of the kernel")
        }
        Err(error) => Err(error).with_context(|| format!("process {number}")),
    }
}

/// The value of a variable that is not empty, in an environment as `/proc` has it.
fn variable<'a>(environment: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let value = environment
        .split(|&byte| byte == 0)
        .find_map(|variable| variable.strip_prefix(name.as_bytes())?.strip_prefix(b"="));
    value.filter(|value| !value.is_empty())
}

/// The file that `MESH_MAP` means in the process of this number.
fn expand(name: &[u8], number: i32) -> PathBuf {
    let mut path = Vec::new();
    let mut rest = name;
    while let [first, others @ ..] = rest {
        if let Some(after) = rest.strip_prefix(b"%p") {
            path.extend(number.to_string().bytes());
            rest = after;
        } else {
            path.push(*first);
            rest = others;
        }
    }
    OsStr::from_bytes(&path).into()
}

/// A path of the process as a path of ours: it may have another directory, and another root.
fn seen_from_here(number: i32, path: &Path) -> PathBuf {
    let of = Path::new("/proc").join(number.to_string());
    match path.strip_prefix("/") {
        Ok(inside) => of.join("root").join(inside),
        Err(_) => of.join("cwd").join(path),
    }
}

/// What `/proc/PID/status` says.
#[derive(Debug, PartialEq, Eq)]
struct Status {
    name: String,
    /// Its number as it sees it itself.
    own_number: i32,
    /// The signals that it has handlers for, the lowest bit for signal 1.
    caught: u64,
}

impl Status {
    fn of(number: i32) -> Result<Self> {
        let text = read(number, "status")?;
        Self::parse(&String::from_utf8_lossy(&text)).with_context(|| format!("process {number}"))
    }

    fn parse(text: &str) -> Result<Self> {
        let field = |name: &str| {
            let mut lines = text.lines();
            let value = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            value
                .map(str::trim)
                .with_context(|| format!("no {name} in its status"))
        };
        // From the outermost space of numbers to its own.
        let numbers = field("NSpid").or_else(|_| field("Pid"))?;
        let own = numbers.split_whitespace().last().unwrap_or(numbers);
        Ok(Self {
            name: field("Name")?.to_owned(),
            own_number: own.parse().context("its number")?,
            caught: u64::from_str_radix(field("SigCgt")?, 16).context("SigCgt")?,
        })
    }

    fn catches(&self, signal: i32) -> bool {
        self.caught >> (signal - 1) & 1 != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_whole_names() {
        let environment = b"XMESH_MAP=no\0MESH_MAP_SIGNAL=USR2\0MESH_MAP=/tmp/a=b\0EMPTY=\0";
        assert_eq!(variable(environment, "MESH_MAP"), Some(&b"/tmp/a=b"[..]));
        assert_eq!(variable(environment, "MESH_MAP_SIGNAL"), Some(&b"USR2"[..]));
        assert_eq!(variable(environment, "EMPTY"), None);
        assert_eq!(variable(environment, "MESH"), None);
    }

    #[test]
    fn a_file_of_the_process() {
        let seen = |name: &[u8]| seen_from_here(7, &expand(name, 42));
        assert_eq!(seen(b"map"), Path::new("/proc/7/cwd/map"));
        assert_eq!(
            seen(b"/tmp/%p/%%p.%"),
            Path::new("/proc/7/root/tmp/42/%42.%")
        );
    }

    #[test]
    fn a_status_in_a_container() {
        let text = "Name:\tredis server\nPid:\t700\nNSpid:\t700\t12\nSigCgt:\t0000000200000802\n";
        let status = Status::parse(text).unwrap();
        assert_eq!(status.name, "redis server");
        assert_eq!(status.own_number, 12);
        let caught: Vec<i32> = (1..=64).filter(|&signal| status.catches(signal)).collect();
        assert_eq!(caught, [2, 12, 34]);
        let error = Status::parse("Name:\tx\nPid:\t1\n").unwrap_err();
        assert_eq!(error.to_string(), "no SigCgt in its status");
    }
}
