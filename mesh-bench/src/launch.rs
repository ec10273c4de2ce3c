//! Starting a process, waiting for it with a limit, and stopping it on every way out.

use crate::cgroup::MemoryGroup;
use crate::interrupt;
use anyhow::{Context, Result, bail};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::OwnedFd;
use rustix::process::{Pid, PidfdFlags, Signal};
use std::fs::File;
use std::io::{self, Read, Seek};
use std::mem::MaybeUninit;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// A started process; dropped before its end, it and its process group are killed.
pub(crate) struct Running {
    pid: Pid,
    ready: OwnedFd,
    started: Instant,
    ended: bool,
    errors: File,
}

/// What a process used, with all its descendants that it waited for.
#[derive(Debug)]
pub(crate) struct Usage {
    status: ExitStatus,
    /// What it wrote to standard error.
    pub(crate) errors: String,
    /// CPU time in user mode.
    pub(crate) user: Duration,
    /// CPU time in the kernel.
    pub(crate) system: Duration,
    /// From start to end.
    pub(crate) wall: Duration,
    /// Page faults without input or output.
    pub(crate) minor_faults: u64,
    /// Page faults with input or output.
    pub(crate) major_faults: u64,
}

/// How often a wait looks for a request to stop.
const PATIENCE: Duration = Duration::from_millis(100);

impl Running {
    /// Starts `command` in a process group of its own, in `group` if there is one. Standard error is kept for messages.
    pub(crate) fn start(mut command: Command, group: Option<&MemoryGroup>) -> Result<Self> {
        let errors = tempfile::tempfile().context("a temporary file")?;
        command.stderr(errors.try_clone()?);
        command.process_group(0);
        Self::spawn(command, group, errors)
    }

    /// Starts `command` with our standard error, in our process group: a user's program, at the user's terminal.
    pub(crate) fn attached(command: Command) -> Result<Self> {
        let errors = tempfile::tempfile().context("a temporary file")?;
        Self::spawn(command, None, errors)
    }

    fn spawn(mut command: Command, group: Option<&MemoryGroup>, errors: File) -> Result<Self> {
        let name = command.get_program().display().to_string();
        let membership = group.map(MemoryGroup::open_members).transpose()?;
        let enter = move || enter(membership.as_ref());
        // SAFETY: between fork and exec `enter` makes two system calls and neither allocates nor locks.
        unsafe { command.pre_exec(enter) };
        let started = Instant::now();
        let child = command
            .spawn()
            .with_context(|| format!("{name} does not start"))?;
        let pid = Pid::from_child(&child);
        let ready = rustix::process::pidfd_open(pid, PidfdFlags::empty()).context("pidfd_open");
        let ready = ready.inspect_err(|_| end(pid))?;
        Ok(Self {
            pid,
            ready,
            started,
            ended: false,
            errors,
        })
    }

    /// The process id.
    pub(crate) fn pid(&self) -> u32 {
        self.pid.as_raw_nonzero().get().cast_unsigned()
    }

    /// Whether the process has ended but was not yet waited for.
    pub(crate) fn has_ended(&self) -> Result<bool> {
        self.ended_within(Duration::ZERO)
    }

    /// Waits for the end; an error when it takes longer than `limit` from now on or a stop is asked for.
    pub(crate) fn wait(self, limit: Duration) -> Result<Usage> {
        self.wait_and(limit, PATIENCE, &mut |_| ())
    }

    /// As [`wait`](Self::wait), and calls `meanwhile` with the process id about every `period`.
    ///
    /// The period grows to ten times what a call takes, so that watching stays cheap.
    pub(crate) fn wait_and(
        self,
        limit: Duration,
        period: Duration,
        meanwhile: &mut dyn FnMut(u32),
    ) -> Result<Usage> {
        let since = Instant::now();
        let mut pause = period;
        while !self.ended_within(pause.min(PATIENCE))? {
            interrupt::check()?;
            if since.elapsed() > limit {
                bail!(
                    "no end after {} s{}",
                    limit.as_secs(),
                    last_line(&self.errors())
                );
            }
            let before = Instant::now();
            meanwhile(self.pid());
            pause = period.max(before.elapsed() * 10);
        }
        self.finished()
    }

    /// Asks the process to end.
    pub(crate) fn ask_to_end(&self) -> Result<()> {
        rustix::process::kill_process(self.pid, Signal::TERM).context("SIGTERM")
    }

    /// Waits for the end, which is near: without limit.
    pub(crate) fn finished(mut self) -> Result<Usage> {
        let wall = self.started.elapsed();
        self.ended = true;
        let (status, used) = reap(self.pid).context("wait4")?;
        Ok(Usage {
            status,
            errors: self.errors(),
            user: duration(used.ru_utime),
            system: duration(used.ru_stime),
            wall,
            minor_faults: used.ru_minflt.cast_unsigned(),
            major_faults: used.ru_majflt.cast_unsigned(),
        })
    }

    /// Whether the process ends within `pause`.
    pub(crate) fn ended_within(&self, pause: Duration) -> Result<bool> {
        let timeout = Timespec {
            tv_sec: pause.as_secs().cast_signed(),
            tv_nsec: pause.subsec_nanos().into(),
        };
        match poll(
            &mut [PollFd::new(&self.ready, PollFlags::IN)],
            Some(&timeout),
        ) {
            Ok(ready) => Ok(ready > 0),
            Err(rustix::io::Errno::INTR) => Ok(false),
            Err(error) => Err(error).context("poll"),
        }
    }

    /// The last line that the process wrote to standard error so far, ready to be appended to a message.
    pub(crate) fn last_error(&self) -> String {
        last_line(&self.errors())
    }

    /// All that the process wrote to standard error so far.
    fn errors(&self) -> String {
        let mut text = Vec::new();
        let mut file = &self.errors;
        let read = file.rewind().and_then(|()| file.read_to_end(&mut text));
        match read {
            Ok(_) => String::from_utf8_lossy(&text).into_owned(),
            Err(_) => String::new(),
        }
    }
}

/// The last line of a process's standard error, ready to be appended to a message.
pub(crate) fn last_line(errors: &str) -> String {
    match errors.lines().rfind(|line| !line.trim().is_empty()) {
        Some(line) => format!(": {line}"),
        None => String::new(),
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.ended {
            end(self.pid);
        }
    }
}

impl Usage {
    /// How it ended.
    pub(crate) fn status(&self) -> ExitStatus {
        self.status
    }

    /// This usage, or an error with the last line of standard error when the process failed.
    pub(crate) fn success(self) -> Result<Self> {
        if self.status.success() {
            Ok(self)
        } else {
            bail!("{}{}", self.status, last_line(&self.errors))
        }
    }
}

/// `command` with standard output in a file, to be read with [`read_back`] after the end.
pub(crate) fn with_output(mut command: Command) -> Result<(Command, File)> {
    let output = tempfile::tempfile().context("a temporary file")?;
    command.stdin(Stdio::null()).stdout(output.try_clone()?);
    Ok((command, output))
}

/// All that a process wrote.
pub(crate) fn read_back(mut output: File) -> Result<String> {
    let mut text = String::new();
    output.rewind()?;
    output
        .read_to_string(&mut text)
        .context("the output is no text")?;
    Ok(text)
}

/// In the new process, before its program: ends with its parent, and joins the group.
fn enter(membership: Option<&File>) -> io::Result<()> {
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    if let Some(members) = membership {
        // Zero stands for the process that writes.
        rustix::io::write(members, b"0")?;
    }
    Ok(())
}

/// Kills a child that was not waited for, with its process group, and waits for it.
fn end(pid: Pid) {
    // Both fail only when there is nobody left to kill.
    let _ = rustix::process::kill_process_group(pid, Signal::KILL);
    let _ = rustix::process::kill_process(pid, Signal::KILL);
    let _ = reap(pid);
}

fn reap(pid: Pid) -> io::Result<(ExitStatus, libc::rusage)> {
    let mut status = 0;
    let mut used = MaybeUninit::<libc::rusage>::zeroed();
    loop {
        // SAFETY: both places are ours; the process id is a child that nobody waited for (see `Running::ended`).
        let waited = unsafe {
            libc::wait4(
                pid.as_raw_nonzero().get(),
                &mut status,
                0,
                used.as_mut_ptr(),
            )
        };
        if waited > 0 {
            break;
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
    // SAFETY: an rusage is integers, for which zero is a value; wait4 has set them.
    let used = unsafe { used.assume_init() };
    Ok((ExitStatus::from_raw(status), used))
}

fn duration(time: libc::timeval) -> Duration {
    Duration::from_secs(time.tv_sec.unsigned_abs())
        + Duration::from_micros(time.tv_usec.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(20);

    fn shell(script: &str) -> Command {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn output_and_success_come_back() {
        let (command, output) = launch_echo();
        Running::start(command, None)
            .unwrap()
            .wait(LIMIT)
            .unwrap()
            .success()
            .unwrap();
        assert_eq!(read_back(output).unwrap(), "hello\n");
    }

    fn launch_echo() -> (Command, File) {
        with_output(shell("echo hello")).unwrap()
    }

    #[test]
    fn a_failure_carries_the_last_line_of_standard_error() {
        let usage = Running::start(shell("echo first >&2; echo reason >&2; exit 3"), None).unwrap();
        let error = usage
            .wait(LIMIT)
            .unwrap()
            .success()
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("3") && error.ends_with(": reason"),
            "{error}"
        );
    }

    #[test]
    fn the_limit_ends_the_wait_and_the_process() {
        let running = Running::start(shell("sleep 30"), None).unwrap();
        let pid = running.pid();
        let error = running
            .wait(Duration::from_millis(50))
            .unwrap_err()
            .to_string();
        assert!(error.contains("no end"), "{error}");
        assert!(!std::path::Path::new(&format!("/proc/{pid}")).exists());
    }

    #[test]
    fn a_dropped_process_is_gone() {
        let running = Running::start(shell("sleep 30"), None).unwrap();
        let pid = running.pid();
        assert!(!running.has_ended().unwrap());
        drop(running);
        assert!(!std::path::Path::new(&format!("/proc/{pid}")).exists());
    }

    #[test]
    fn cpu_time_of_descendants_counts() {
        let script = "/bin/sh -c 'i=0; while [ $i -lt 50000 ]; do i=$((i+1)); done'; true";
        let usage = Running::start(shell(script), None)
            .unwrap()
            .wait(LIMIT)
            .unwrap();
        assert!(usage.user + usage.system > Duration::ZERO);
        assert!(usage.minor_faults > 0);
    }
}
