//! `mesh stats`.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use mesh_tests::{Library, Linking, Program};
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, apply_filter};
use serde_json::Value;

use crate::installed::{Installed, Said};
use crate::waiting::{PATIENCE, Waiting};

pub(crate) const WAITS: &str = "launcher/waits.c";

/// Bytes of a page.
const PAGE: u64 = 4096;

/// Starts the program that meshes and waits.
fn start(installed: &Installed, program: &Program, children: usize) -> Result<Waiting> {
    let mut command = installed.mesh(&["run", "--"]);
    command.arg(program.run().program());
    if children > 0 {
        command.arg("fork");
    }
    Waiting::start(&mut command, children)
}

fn number(value: &Value, name: &str) -> Result<u64> {
    value[name]
        .as_u64()
        .with_context(|| format!("no {name} in {value}"))
}

/// The sum of what `each` says of the size classes.
fn sum(heap: &Value, each: impl Fn(&Value) -> Result<u64>) -> Result<u64> {
    let classes = heap["classes"].as_array().context("classes")?;
    classes.iter().map(each).sum()
}

/// Fails unless objects and spans of the classes add up to those of the heap, as they do in a program that works, too.
fn sums_of_objects(heap: &Value) -> Result<()> {
    let live = sum(heap, |class| {
        Ok(number(class, "live")? * number(class, "object_size")?)
    })?;
    ensure!(live == number(heap, "small_bytes")?, "{live} in {heap:#}");
    let pages = sum(heap, |class| {
        Ok(number(class, "physical_spans")? * number(class, "pages")?)
    })?;
    ensure!(
        pages * PAGE == number(heap, "span_bytes")?,
        "{pages} in {heap:#}"
    );
    Ok(())
}

/// Fails unless the figures of the classes add up to those of the heap, in a program that does nothing.
fn adds_up(heap: &Value) -> Result<()> {
    sums_of_objects(heap)?;
    let saved = sum(heap, |class| {
        let spans = number(class, "spans")? - number(class, "physical_spans")?;
        Ok(spans * number(class, "pages")?)
    })?;
    ensure!(saved == number(heap, "pages_saved")?, "{saved} in {heap:#}");
    let groups = sum(heap, |class| number(class, "groups"))?;
    ensure!(groups > 0, "no groups in {heap:#}");
    Ok(())
}

#[test]
fn a_process_that_meshes_says_so_and_its_figures_add_up() -> Result<()> {
    let installed = Installed::new()?;
    let program = Program::compile(&[WAITS])?;
    let waiting = start(&installed, &program, 0)?;
    let all = waiting.figures(&installed)?;
    let process = all.first().context("a process")?;
    let pid: u64 = waiting.pid().parse()?;
    ensure!(number(process, "pid")? == pid, "{process:#}");
    ensure!(
        process["library"].as_str() == installed.library().to_str(),
        "{process:#}"
    );
    ensure!(number(process, "physical_bytes")? > 1 << 20, "{process:#}");
    let heap = &process["heap"];
    adds_up(heap)?;
    ensure!(number(heap, "mesh_count")? > 0, "{heap:#}");
    ensure!(number(heap, "process")? == pid, "{heap:#}");
    ensure!(number(heap, "mappings")? > 0, "{heap:#}");
    let said = Said::by(&mut installed.mesh(&["stats", &waiting.pid()]))?.ended_with(0)?;
    for words in ["physical memory", "saved now", "mappings added", "barrier"] {
        ensure!(said.output.contains(words), "{}", said.output);
    }
    Ok(())
}

#[test]
fn a_child_has_figures_of_its_own() -> Result<()> {
    let installed = Installed::new()?;
    let program = Program::compile(&[WAITS])?;
    let waiting = start(&installed, &program, 1)?;
    let all = waiting.figures(&installed)?;
    let pids: Vec<_> = all.iter().filter_map(|one| one["pid"].as_i64()).collect();
    let child = i64::from(*waiting.children().first().context("a child")?);
    ensure!(pids == [waiting.pid().parse()?, child], "{pids:?}");
    for one in &all {
        adds_up(&one["heap"])?;
        ensure!(one["heap"]["process"] == one["pid"], "{one:#}");
    }
    let live = |one: &Value| number(&one["heap"], "small_bytes");
    ensure!(
        live(&all[1])? > live(&all[0])?,
        "the child has two heaps' worth"
    );
    Ok(())
}

#[test]
fn a_program_that_was_linked_with_the_archive_has_figures() -> Result<()> {
    let installed = Installed::new()?;
    let linking = Linking::Alone(Library::release()?, "-static");
    let program = Program::compile_with(&[WAITS], linking)?;
    let path = program.run().program().to_owned();
    let waiting = Waiting::start(&mut Command::new(&path), 0)?;
    let all = waiting.figures(&installed)?;
    let process = all.first().context("a process")?;
    ensure!(process["library"].as_str() == path.to_str(), "{process:#}");
    adds_up(&process["heap"])
}

#[test]
fn a_child_that_has_published_nothing_has_no_figures() -> Result<()> {
    let installed = Installed::new()?;
    let program = Program::compile(&["launcher/works.c"])?;
    let mut command = installed.mesh(&["run", "--"]);
    command.arg(program.run().program()).arg("stopped");
    let waiting = Waiting::start(&mut command, 1)?;
    let child = waiting.children().first().context("a child")?.to_string();
    let said = Said::by(&mut installed.mesh(&["stats", &child]))?.ended_with(1)?;
    let words = "published nothing of its own";
    ensure!(said.output.contains(words), "{}", said.output);
    Ok(())
}

/// The child of `vfork` has its parent's memory, and other figures of its own: it leaves those of its parent alone.
#[test]
fn a_child_that_shares_memory_publishes_nothing() -> Result<()> {
    let installed = Installed::new()?;
    let program = Program::compile(&["launcher/works.c"])?;
    let mut command = installed.mesh(&["run", "--"]);
    command.arg(program.run().program()).arg("shared");
    let waiting = Waiting::start(&mut command, 1)?;
    let heap = || -> Result<Value> {
        let mut command = installed.mesh(&["stats", &waiting.pid(), "--json"]);
        let said = Said::by(&mut command)?.ended_with(0)?;
        let page: Value = serde_json::from_str(&said.output)?;
        Ok(page["processes"][0]["heap"].clone())
    };
    let before = heap()?;
    std::thread::sleep(Duration::from_millis(2500));
    let after = heap()?;
    ensure!(
        before["when_ms"] == after["when_ms"],
        "{before:#} {after:#}"
    );
    ensure!(
        number(&after, "process")?.to_string() == waiting.pid(),
        "{after:#}"
    );
    ensure!(number(&after, "age_ms")? > 2000, "{after:#}");
    Ok(())
}

/// Fails unless a program that never waits publishes again and again, with figures that add up while its threads go on.
fn goes_on_publishing(threads: &str, options: &[&str]) -> Result<()> {
    let installed = Installed::new()?;
    let program = Program::compile(&["launcher/works.c"])?;
    let mut command = installed.mesh(&["run"]);
    command.args(options).arg("--").arg(program.run().program());
    let waiting = Waiting::start(command.arg(threads), 0)?;
    let start = Instant::now();
    let mut times = BTreeSet::new();
    while times.len() < 3 {
        ensure!(
            start.elapsed() < PATIENCE,
            "published {} times",
            times.len()
        );
        let said = Said::by(&mut installed.mesh(&["stats", &waiting.pid(), "--json"]))?;
        let page: Value = serde_json::from_str(&said.output).context(said.errors)?;
        let heap = &page["processes"][0]["heap"];
        if !heap.is_null() {
            sums_of_objects(heap)?;
            times.insert(number(heap, "when_ms")?);
        }
    }
    let times: Vec<_> = times.into_iter().collect();
    ensure!(times[2] - times[1] >= 900, "too often: {times:?}");
    Ok(())
}

#[test]
fn a_busy_program_publishes_once_a_second() -> Result<()> {
    goes_on_publishing("1", &[])
}

#[test]
fn a_program_with_busy_threads_publishes_whole_figures() -> Result<()> {
    goes_on_publishing("3", &[])?;
    goes_on_publishing("3", &["--background-thread", "always"])
}

#[test]
fn a_library_that_was_replaced_meanwhile_is_read_all_the_same() -> Result<()> {
    let installed = Installed::new()?;
    let program = Program::compile(&[WAITS])?;
    let waiting = start(&installed, &program, 0)?;
    std::fs::remove_file(installed.library())?;
    std::fs::write(installed.library(), "another one")?;
    let all = waiting.figures(&installed)?;
    adds_up(&all.first().context("a process")?["heap"])
}

/// The series of a page in the text format of Prometheus, with their values; fails if it is none.
fn series(page: &str) -> Result<BTreeMap<String, f64>> {
    let mut all = BTreeMap::new();
    let mut families = BTreeSet::new();
    let mut family = String::new();
    let mut has_kind = false;
    for line in page.lines() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            let (name, words) = help.split_once(' ').context("no help")?;
            ensure!(!words.is_empty() && is_name(name), "{line}");
            ensure!(families.insert(name.to_owned()), "twice: {line}");
            name.clone_into(&mut family);
            has_kind = false;
        } else if let Some(kind) = line.strip_prefix("# TYPE ") {
            let (name, kind) = kind.split_once(' ').context("no type")?;
            ensure!(name == family && !has_kind, "{line}");
            ensure!(["gauge", "counter"].contains(&kind), "{line}");
            ensure!((kind == "counter") == name.ends_with("_total"), "{line}");
            has_kind = true;
        } else {
            ensure!(has_kind, "before its type: {line}");
            let (series, value) = line.rsplit_once(' ').context("no value")?;
            let (name, labels) = series.split_once('{').context("no labels")?;
            ensure!(name == family, "not with its family: {line}");
            let labels = labels.strip_suffix('}').context("no end of the labels")?;
            labelled(labels).with_context(|| line.to_owned())?;
            let value: f64 = value.parse().with_context(|| line.to_owned())?;
            ensure!(
                all.insert(series.to_owned(), value).is_none(),
                "twice: {line}"
            );
        }
    }
    ensure!(page.ends_with('\n'), "no end of the last line");
    Ok(all)
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

/// Fails unless this is a list `name="value",…` with every quote in a value escaped.
fn labelled(mut rest: &str) -> Result<()> {
    loop {
        let (name, value) = rest.split_once("=\"").context("no value")?;
        ensure!(is_name(name), "{name}");
        let mut escaped = false;
        let end = value.bytes().position(|byte| {
            let ends = byte == b'"' && !escaped;
            escaped = byte == b'\\' && !escaped;
            ends
        });
        rest = &value[end.context("no end of the value")? + 1..];
        match rest.strip_prefix(',') {
            Some(next) => rest = next,
            None if rest.is_empty() => return Ok(()),
            None => bail!("{rest}"),
        }
    }
}

#[test]
fn prometheus_reads_the_same_figures() -> Result<()> {
    let installed = Installed::new()?;
    let program = Program::compile(&[WAITS])?;
    let waiting = start(&installed, &program, 1)?;
    let all = waiting.figures(&installed)?;
    let arguments = ["stats", &waiting.pid(), "--prometheus", "--children"];
    let said = Said::by(&mut installed.mesh(&arguments))?.ended_with(0)?;
    let series = series(&said.output)?;
    for one in &all {
        let pid = &one["pid"];
        for (metric, name) in [
            ("mesh_pages_saved", "pages_saved"),
            ("mesh_meshes_total", "mesh_count"),
            ("mesh_small_bytes", "small_bytes"),
        ] {
            let value = series.get(&format!("{metric}{{pid=\"{pid}\"}}"));
            let expected = number(&one["heap"], name)? as f64;
            ensure!(
                value == Some(&expected),
                "{metric}: {value:?}, not {expected}"
            );
        }
        let spans = format!("mesh_class_spans{{pid=\"{pid}\",class=\"64\",apart=\"false\"}}");
        ensure!(series.contains_key(&spans), "{}", said.output);
    }
    let up = series
        .iter()
        .filter(|(name, _)| name.starts_with("mesh_up{"));
    ensure!(
        up.map(|(_, value)| value).sum::<f64>() == 2.0,
        "{}",
        said.output
    );
    Ok(())
}

#[test]
fn a_watch_ends_with_the_process() -> Result<()> {
    let installed = Installed::new()?;
    let program = Program::compile(&[WAITS])?;
    let mut waiting = start(&installed, &program, 0)?;
    waiting.figures(&installed)?;
    let mut watch = installed
        .mesh(&["stats", &waiting.pid(), "--json", "--watch", "0.1"])
        .stdout(Stdio::piped())
        .spawn()?;
    let mut lines = BufReader::new(watch.stdout.take().context("a pipe")?).lines();
    for _ in 0..3 {
        let line = lines.next().context("a line")??;
        let page: Value = serde_json::from_str(&line)?;
        adds_up(&page["processes"][0]["heap"])?;
    }
    waiting.end();
    ensure!(lines.count() < 50, "it goes on");
    ensure!(watch.wait()?.success());
    Ok(())
}

#[test]
fn a_process_without_the_library_is_told() -> Result<()> {
    let installed = Installed::new()?;
    let program = Program::compile(&[WAITS])?;
    let path = program.run().program().to_owned();
    let waiting = Waiting::start(&mut Command::new(path), 0)?;
    let said = Said::by(&mut installed.mesh(&["stats", &waiting.pid()]))?.ended_with(1)?;
    ensure!(
        said.output.contains("mesh run -- PROGRAM"),
        "{}",
        said.output
    );
    ensure!(said.output.contains("of page tables"), "{}", said.output);
    Ok(())
}

#[test]
fn a_process_that_is_not_there_is_an_error() -> Result<()> {
    let installed = Installed::new()?;
    // No process has a number as large.
    let said = Said::by(&mut installed.mesh(&["stats", "2147483647"]))?.ended_with(125)?;
    ensure!(
        said.errors.contains("no process 2147483647"),
        "{}",
        said.errors
    );
    Ok(())
}

#[test]
fn who_may_not_look_is_told_what_to_do() -> Result<()> {
    let installed = Installed::new()?;
    let program = Program::compile(&[WAITS])?;
    let waiting = start(&installed, &program, 0)?;
    let mut command = installed.mesh_of_nobody(&["stats", &waiting.pid()])?;
    let said = Said::by(&mut command)?.ended_with(1)?;
    let advice = format!("sudo mesh stats {}", waiting.pid());
    ensure!(said.output.contains(&advice), "{}", said.output);
    Ok(())
}

/// As where the kernel lets nobody but a parent read a process's memory: `/proc` can be read then.
#[test]
fn what_proc_tells_is_shown_where_memory_cannot_be_read() -> Result<()> {
    let installed = Installed::new()?;
    let program = Program::compile(&[WAITS])?;
    let waiting = start(&installed, &program, 0)?;
    waiting.figures(&installed)?;
    let refused = SeccompAction::Errno(libc::EPERM.unsigned_abs());
    let rules = BTreeMap::from([(libc::SYS_process_vm_readv, Vec::new())]);
    let filter = SeccompFilter::new(
        rules,
        SeccompAction::Allow,
        refused,
        std::env::consts::ARCH.try_into()?,
    )?;
    let filter = BpfProgram::try_from(filter)?;
    let mut command = installed.mesh(&["stats", &waiting.pid()]);
    // SAFETY: two system calls; nothing is allocated.
    unsafe {
        command.pre_exec(move || {
            apply_filter(&filter)
                .map_err(|_| libc::EPERM)
                .map_err(std::io::Error::from_raw_os_error)
        })
    };
    let said = Said::by(&mut command)?.ended_with(1)?;
    for words in [
        "does not let you read",
        "as root",
        "of page tables",
        "libmesh.so",
    ] {
        ensure!(said.output.contains(words), "{words}: {}", said.output);
    }
    Ok(())
}
