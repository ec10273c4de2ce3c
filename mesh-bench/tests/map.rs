//! `mesh-bench map pid` as a user runs it, with programs under Mesh.

use anyhow::{Context, Result, ensure};
use mesh_tests::Library;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

/// A program that is ended with the test.
struct Program(Child);

impl Program {
    /// Starts it in `directory`, where its maps go, and waits for its first line.
    fn start(directory: &Path, library: Option<&Path>, command: &[&str]) -> Result<Self> {
        let [name, arguments @ ..] = command else {
            anyhow::bail!("no program");
        };
        let mut command = Command::new(name);
        command
            .args(arguments)
            .current_dir(directory)
            .env("MESH_MAP", "heap.%p")
            .env("MESH_MAP_SIGNAL", "SIGRTMIN+5")
            .env_remove("LD_PRELOAD")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        if let Some(library) = library {
            command.env("LD_PRELOAD", library);
        }
        let mut program = Self(command.spawn()?);
        let output = program.0.stdout.as_mut().context("no output")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        ensure!(line == "begun\n", "{line}");
        Ok(program)
    }

    /// Waits until it sleeps: it is in the call in which it waits for its input.
    fn fall_asleep(&mut self) -> Result<()> {
        let file = format!("/proc/{}/status", self.0.id());
        while !std::fs::read_to_string(&file)?.contains("State:\tS") {
            ensure!(self.is_alive()?, "it has ended");
            std::thread::sleep(Duration::from_millis(1));
        }
        Ok(())
    }

    fn is_alive(&mut self) -> Result<bool> {
        Ok(self.0.try_wait()?.is_none())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Fails if the program has ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn map(pid: u32, output: &Path, more: &[&str]) -> Result<Output> {
    Ok(Command::new(env!("CARGO_BIN_EXE_mesh-bench"))
        .args(["map", "pid", &pid.to_string(), "-o"])
        .arg(output)
        .args(more)
        .output()?)
}

/// The one line of a failure.
fn failure(output: &Output) -> Result<String> {
    ensure!(output.status.code() == Some(1), "{:?}", output.status);
    let text = String::from_utf8(output.stderr.clone())?;
    ensure!(text.lines().count() == 1, "{text}");
    Ok(text)
}

fn picture(directory: &Path) -> PathBuf {
    directory.join("map.svg")
}

/// It allocates for ever: blocks too large for Python's own allocator.
const WORKS: &str = "print('begun', flush=True)
kept = {}
number = 0
while True:
    number += 1
    kept[number * 7919 % 20000] = 'x' * (600 + number % 500)";

/// It waits for ever.
const WAITS: &str = "import select
kept = ['x' * (number % 500) for number in range(20000)]
print('begun', flush=True)
while True:
    select.epoll().poll()";

#[test]
fn a_running_program_is_drawn_as_often_as_one_likes() -> Result<()> {
    let library = Library::release()?.shared();
    for script in [WORKS, WAITS] {
        let directory = tempfile::tempdir()?;
        let mut program =
            Program::start(directory.path(), Some(library), &["python3", "-c", script])?;
        for _ in 0..2 {
            let picture = picture(directory.path());
            let output = map(program.0.id(), &picture, &["--limit", "60"])?;
            let message = String::from_utf8_lossy(&output.stderr);
            ensure!(output.status.success(), "{message}");
            let text = String::from_utf8(output.stdout)?;
            let title = format!("({}): ", program.0.id());
            ensure!(
                text.starts_with("python") && text.contains(&title),
                "{text}"
            );
            ensure!(std::fs::read_to_string(&picture)?.contains(text.trim_end()));
            std::fs::remove_file(&picture)?;
        }
        ensure!(program.is_alive()?);
    }
    Ok(())
}

#[test]
fn a_program_that_does_not_listen_is_left_alone() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let mut program = Program::start(directory.path(), None, &["sh", "-c", "echo begun; read x"])?;
    let message = failure(&map(program.0.id(), &picture(directory.path()), &[])?)?;
    assert!(message.contains("does not catch signal 39"), "{message}");
    assert!(program.is_alive()?);
    Ok(())
}

#[test]
fn a_program_that_never_comes_by_is_waited_for_only_so_long() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let library = Library::release()?.shared();
    let command = ["sh", "-c", "echo begun; read x"];
    let mut program = Program::start(directory.path(), Some(library), &command)?;
    program.fall_asleep()?;
    let output = map(
        program.0.id(),
        &picture(directory.path()),
        &["--limit", "2"],
    )?;
    let message = failure(&output)?;
    assert!(message.contains("within 2 s"), "{message}");
    assert!(!picture(directory.path()).exists());
    assert!(program.is_alive()?);
    Ok(())
}

/// Perl writes a title over its arguments and its environment.
const TITLED: &str =
    "$0 = 'a title ' x 1000; $| = 1; print qq(begun\\n); select(undef, undef, undef, 0.1) while 1";

#[test]
fn a_program_that_hides_its_environment() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let library = Library::release()?.shared();
    let program = Program::start(directory.path(), Some(library), &["perl", "-e", TITLED])?;
    let picture = picture(directory.path());
    let message = failure(&map(program.0.id(), &picture, &[])?)?;
    assert!(message.contains("--file"), "{message}");
    let more = ["--file", "heap.%p", "--signal", "RTMIN+5", "--limit", "60"];
    let output = map(program.0.id(), &picture, &more)?;
    let message = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{message}");
    ensure!(picture.exists());
    Ok(())
}

#[test]
fn who_cannot_be_asked_is_named() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let picture = picture(directory.path());
    let mut plain = Command::new("sleep")
        .arg("60")
        .env_remove("MESH_MAP")
        .env("MESH_MAP_SIGNAL", "USR2")
        .spawn()
        .map(Program)?;
    let pid = plain.0.id();
    let message = failure(&map(pid, &picture, &[])?)?;
    assert!(message.contains("no MESH_MAP that"), "{message}");
    plain.0.kill()?;
    plain.0.wait()?;
    let message = failure(&map(pid, &picture, &[])?)?;
    assert!(message.contains(&format!("no process {pid}")), "{message}");
    Ok(())
}
