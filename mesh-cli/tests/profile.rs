//! `mesh profile`.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command};

use anyhow::{Context, Result, ensure};
use flate2::read::GzDecoder;
use mesh_tests::{Library, Linking, Program};
use prost::Message;

use crate::holding::{self, ALL, OBJECTS, near};
use crate::installed::{Installed, Said};
use crate::message;
use crate::waiting::Waiting;

/// Ended when this is dropped.
struct Sleeping(Child);

impl Drop for Sleeping {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What is said of a target that has no profile.
fn refused(installed: &Installed, target: &str) -> Result<String> {
    let said = Said::by(&mut installed.mesh(&["profile", target]))?.ended_with(125)?;
    ensure!(said.output.is_empty(), "{}", said.output);
    Ok(said.errors)
}

#[test]
fn what_is_no_profile_is_refused_with_the_reason() -> Result<()> {
    let installed = Installed::new()?;
    let file = installed.path("file");
    let name = file.display().to_string();
    let errors = refused(&installed, &name)?;
    ensure!(
        errors.contains(&name) && errors.contains("No such file"),
        "{errors}"
    );
    fs::write(&file, "heap profile: 1: 2 [3: 4] @ heapprofile\n")?;
    let errors = refused(&installed, &name)?;
    ensure!(errors.contains("no heap profile of Mesh"), "{errors}");
    let mut other = b"meshprof".to_vec();
    other.extend(99_u64.to_ne_bytes());
    fs::write(&file, &other)?;
    let errors = refused(&installed, &name)?;
    ensure!(errors.contains("version 99"), "{errors}");
    Ok(())
}

#[test]
fn of_a_process_without_a_profile_it_is_said_what_to_do() -> Result<()> {
    let installed = Installed::new()?;
    let errors = refused(&installed, &i32::MAX.to_string())?;
    ensure!(errors.contains("there is no process"), "{errors}");
    let process = Sleeping(Command::new("sleep").arg("60").spawn()?);
    let errors = refused(&installed, &process.0.id().to_string())?;
    ensure!(errors.contains("start it with `mesh run"), "{errors}");
    Ok(())
}

/// The name of the function that the list has first.
fn first(list: &str) -> Result<&str> {
    let mut lines = list
        .lines()
        .skip_while(|line| !line.ends_with("  function"));
    let line = lines.nth(1).with_context(|| list.to_owned())?;
    Ok(line.rsplit("  ").next().unwrap_or(line))
}

/// Bytes that live, as a protocol buffer for pprof has them, and the name of the innermost function of most of them.
fn most(message: &message::Profile) -> Result<(u64, String)> {
    let live = |sample: &&message::Sample| sample.value.last().copied().unwrap_or(0);
    let most = message.sample.iter().max_by_key(live).context("samples")?;
    let id = most.location_id.first();
    let location = message.location.iter().find(|one| Some(&one.id) == id);
    let line = location.and_then(|location| location.line.first());
    let function = message.function.iter();
    let mut function = function.filter(|one| line.is_some_and(|line| line.function_id == one.id));
    let name = function.next().context("a function")?.name;
    let sum: i64 = message.sample.iter().map(|sample| live(&sample)).sum();
    let name = message.string_table.get(usize::try_from(name)?);
    Ok((sum.try_into()?, name.context("a name")?.clone()))
}

/// Fails unless the list and the file for pprof say that `function` holds what the program holds.
fn is_first(installed: &Installed, target: &str, function: &str) -> Result<()> {
    let said = Said::by(&mut installed.mesh(&["profile", target]))?.ended_with(0)?;
    let list = &said.output;
    ensure!(first(list)?.starts_with(function), "{list}");
    ensure!(said.errors.is_empty(), "{}", said.errors);
    let mut command = installed.mesh(&["profile", target, "--allocated", "--top", "1"]);
    let said = Said::by(&mut command)?.ended_with(0)?;
    ensure!(
        first(&said.output)?.contains("gives_back"),
        "{}",
        said.output
    );
    let file = installed.path("heap.pb.gz");
    let mut command = installed.mesh(&["profile", target, "--pprof"]);
    let said = Said::by(command.arg(&file))?.ended_with(0)?;
    ensure!(said.output.is_empty(), "{}", said.output);
    let mut bytes = Vec::new();
    GzDecoder::new(File::open(&file)?).read_to_end(&mut bytes)?;
    let (live, name) = most(&message::Profile::decode(bytes.as_slice())?)?;
    ensure!(name.starts_with(function), "{name} instead of {function}");
    near(live, ALL)
}

/// The lines of a report of `google-pprof`: the function, bytes of its own, and those of what it calls, too.
fn google_pprof(installed: &Installed, program: &Path, profile: &str) -> Result<Vec<Row>> {
    let text = installed.path("heap.txt");
    let mut command = installed.mesh(&["profile", profile, "--text"]);
    Said::by(command.arg(&text))?.ended_with(0)?;
    let mut command = Command::new("google-pprof");
    command
        .args(["--text", "--show_bytes"])
        .arg(program)
        .arg(&text);
    let said = Said::by(&mut command)?.ended_with(0)?;
    ensure!(!said.errors.contains("Adjusting"), "{}", said.errors);
    let mut rows = Vec::new();
    for line in said.output.lines().filter(|line| line.contains('%')) {
        let words: Vec<_> = line.split_whitespace().collect();
        if let [own, _, _, all, _, name @ ..] = words.as_slice() {
            let (own, all) = (own.parse()?, all.parse()?);
            rows.push(Row {
                own,
                all,
                name: name.join(" "),
            });
        }
    }
    ensure!(!rows.is_empty(), "{}\n{}", said.output, said.errors);
    Ok(rows)
}

#[derive(Debug)]
struct Row {
    own: u64,
    all: u64,
    name: String,
}

#[test]
fn the_function_that_holds_objects_is_first() -> Result<()> {
    let installed = Installed::new()?;
    let program = holding::cxx()?;
    let file = holding::file(&installed, program.path())?;
    let file = file.to_str().context("a path")?;
    is_first(&installed, file, "holds_objects")?;
    let rows = google_pprof(&installed, program.path(), file)?;
    let row = rows.first().context("rows")?;
    ensure!(row.name.starts_with("holds_objects"), "{rows:?}");
    near(row.own, OBJECTS)
}

#[test]
fn so_is_that_of_a_program_in_rust() -> Result<()> {
    let installed = Installed::new()?;
    let program = holding::rust(&installed)?;
    let file = holding::file(&installed, &program)?;
    let file = file.to_str().context("a path")?;
    is_first(&installed, file, "holds::holds_boxes")?;
    let rows = google_pprof(&installed, &program, file)?;
    let row = rows.iter().find(|row| row.name.contains("holds_boxes"));
    near(row.with_context(|| format!("{rows:?}"))?.all, OBJECTS)
}

#[test]
fn a_running_process_is_asked_for_nothing() -> Result<()> {
    let installed = Installed::new()?;
    let program = holding::cxx()?;
    let mut command = holding::command(&installed, program.path());
    let waiting = Waiting::start(command.arg("wait"), 0)?;
    is_first(&installed, &waiting.pid(), "holds_objects")?;
    let mut command = installed.mesh_of_nobody(&["profile", &waiting.pid()])?;
    let said = Said::by(&mut command)?.ended_with(125)?;
    let advice = format!("sudo mesh profile {}", waiting.pid());
    ensure!(said.errors.contains(&advice), "{}", said.errors);
    let mut unprofiled = installed.mesh(&["run", "--"]);
    let waiting = Waiting::start(unprofiled.arg(program.path()).arg("wait"), 0)?;
    let errors = refused(&installed, &waiting.pid())?;
    ensure!(errors.contains("start it with MESH_PROF=1"), "{errors}");
    Ok(())
}

/// Nothing but the names of functions tells then what is of the allocator.
#[test]
fn a_program_that_was_linked_with_the_archive_is_profiled_as_well() -> Result<()> {
    let installed = Installed::new()?;
    let linking = Linking::Alone(Library::release()?, "-static-pie");
    let program = Program::compile_with(&["launcher/holds.cpp"], linking)?;
    let mut command = Command::new(program.path());
    let settings = [
        ("MESH_PROF", "1"),
        ("MESH_PROF_SAMPLE", "8K"),
        ("MESH_PROF_FINAL", "0"),
    ];
    let waiting = Waiting::start(command.arg("wait").envs(settings), 0)?;
    is_first(&installed, &waiting.pid(), "holds_objects")
}
