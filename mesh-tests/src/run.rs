//! Runs a program with a time limit, in an environment of its own.

use std::ffi::OsString;
use std::fs::File;
use std::io::{Read, Seek};
use std::os::unix::fs::chown;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Once;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::{Pid, Uid};
use wait_timeout::ChildExt;

use crate::settings::Settings;
use crate::{artifact, tool};

/// A program that hangs is ended after this time. Far above what any of them needs.
const TIME_LIMIT: Duration = Duration::from_secs(300);

/// The user and the group that nothing belongs to.
const NOBODY: u32 = 65534;

/// A program, its arguments and its variables. It can be run more than once.
#[derive(Clone, Debug)]
pub struct Run {
    program: PathBuf,
    arguments: Vec<OsString>,
    variables: Vec<(OsString, OsString)>,
    preload: Vec<PathBuf>,
    limit: Duration,
    unprivileged: bool,
}

impl Run {
    /// A program given by its path.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self {
            program: program.into(),
            arguments: Vec::new(),
            variables: Vec::new(),
            preload: Vec::new(),
            limit: TIME_LIMIT,
            unprivileged: false,
        }
    }

    /// A program of the system.
    pub fn tool(name: &str) -> Result<Self> {
        Ok(Self::new(tool::find(name)?))
    }

    /// A script of the `programs` directory. A shell stops at the first command that fails.
    pub fn script(interpreter: &str, script: &str) -> Result<Self> {
        let flags = if interpreter == "sh" {
            &["-eu"][..]
        } else {
            &[]
        };
        let script = artifact::programs().join(script);
        Ok(Self::tool(interpreter)?.arguments(flags).argument(script))
    }

    /// Adds an argument.
    pub fn argument(mut self, argument: impl Into<OsString>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Adds arguments.
    pub fn arguments<T: Into<OsString>>(mut self, more: impl IntoIterator<Item = T>) -> Self {
        self.arguments.extend(more.into_iter().map(Into::into));
        self
    }

    /// Sets a variable. Programs see only what is set here and the few that [`Run::start`] sets.
    pub fn variable(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.variables.push((name.into(), value.into()));
        self
    }

    /// Replaces the time limit.
    pub fn within(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Runs the program as a user without privileges, if the tests have any.
    pub fn unprivileged(mut self) -> Self {
        self.unprivileged = true;
        self
    }

    /// Adds a library to `LD_PRELOAD`.
    pub fn preload(mut self, library: impl Into<PathBuf>) -> Self {
        self.preload.push(library.into());
        self
    }

    /// Preloads the library of `settings` and sets its variables.
    pub fn under(self, settings: &Settings) -> Self {
        settings.variables().iter().fold(
            self.preload(settings.library().shared()),
            |run, (name, value)| run.variable(name, value),
        )
    }

    /// The program's path.
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// Runs the program in `directory`, which is also its home, until it ends.
    pub fn finish(&self, directory: &Path) -> Result<Outcome> {
        self.start(directory)?.finish()
    }

    /// Starts the program in `directory`, which is also its home.
    pub fn start(&self, directory: &Path) -> Result<Running> {
        forbid_core_files();
        let stdout = tempfile::tempfile()?;
        let stderr = tempfile::tempfile()?;
        let mut command = Command::new(&self.program);
        command
            .args(&self.arguments)
            .env_clear()
            .env("PATH", tool::search_path())
            .env("HOME", directory)
            .env("TMPDIR", directory)
            .env("LANG", "C.UTF-8")
            .env("TZ", "UTC")
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .current_dir(directory)
            .stdin(Stdio::null())
            .stdout(stdout.try_clone()?)
            .stderr(stderr.try_clone()?)
            .process_group(0);
        if !self.preload.is_empty() {
            let names: Vec<_> = self.preload.iter().map(|path| path.as_os_str()).collect();
            command.env("LD_PRELOAD", names.join(":".as_ref()));
        }
        if self.unprivileged && Uid::effective().is_root() {
            chown(directory, Some(NOBODY), Some(NOBODY))?;
            command.uid(NOBODY).gid(NOBODY);
        }
        let child = command
            .spawn()
            .with_context(|| format!("{}", self.program.display()))?;
        Ok(Running {
            name: format!("{} {:?}", self.program.display(), self.arguments),
            child,
            stdout,
            stderr,
            deadline: Instant::now() + self.limit,
        })
    }
}

/// A program that has been started. Dropping it ends its whole process group.
#[derive(Debug)]
pub struct Running {
    name: String,
    child: Child,
    stdout: File,
    stderr: File,
    deadline: Instant,
}

impl Running {
    /// The process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Replaces the time limit, which counts from now.
    pub fn within(&mut self, limit: Duration) {
        self.deadline = Instant::now() + limit;
    }

    /// Whether the process has not ended yet.
    pub fn is_alive(&mut self) -> Result<bool> {
        Ok(self.child.try_wait()?.is_none())
    }

    /// Waits for the end, and ends the program by force when the time limit has passed.
    pub fn finish(mut self) -> Result<Outcome> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        let status = self.child.wait_timeout(left)?;
        // What the program left behind in its group must not outlive the test.
        self.kill();
        let outcome = |status| -> Result<Outcome> {
            Ok(Outcome {
                status,
                stdout: content(&self.stdout)?,
                stderr: content(&self.stderr)?,
            })
        };
        match status {
            Some(status) => outcome(status),
            None => bail!(
                "time limit passed: {}\n{}",
                self.name,
                outcome(self.child.wait()?)?
            ),
        }
    }

    fn kill(&self) {
        // An error says that nothing is left of the group.
        let _ = killpg(
            Pid::from_raw(self.child.id().cast_signed()),
            Signal::SIGKILL,
        );
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            self.kill();
            let _ = self.child.wait();
        }
    }
}

/// How a program ended, and what it wrote.
#[derive(Debug)]
pub struct Outcome {
    /// Exit code or signal.
    pub status: ExitStatus,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Outcome {
    /// The exit status in the words of the shell's user: `exit 1`, `signal 11`.
    pub fn ending(&self) -> String {
        match (self.status.code(), self.status.signal()) {
            (Some(code), _) => format!("exit {code}"),
            (None, Some(signal)) => format!("signal {signal}"),
            (None, None) => format!("{:?}", self.status),
        }
    }

    /// Fails, with everything the program said, unless it ended with exit code 0.
    pub fn succeeded(self) -> Result<Self> {
        if !self.status.success() {
            bail!("{self}");
        }
        Ok(self)
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{}\nstdout:\n{}\nstderr:\n{}",
            self.ending(),
            tail(&self.stdout),
            tail(&self.stderr)
        )
    }
}

/// The last lines of a text.
fn tail(text: &str) -> String {
    const LINES: usize = 60;
    let lines: Vec<_> = text.lines().collect();
    lines[lines.len().saturating_sub(LINES)..].join("\n")
}

fn content(mut file: &File) -> Result<String> {
    let mut bytes = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Tests kill programs on purpose: they leave no core files, unless they raise the limit themselves.
fn forbid_core_files() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // Where the limit cannot be changed the files are a nuisance, no failure.
        if let Ok((_, most)) = getrlimit(Resource::RLIMIT_CORE) {
            let _ = setrlimit(Resource::RLIMIT_CORE, 0, most);
        }
    });
}
