//! A workload under valgrind: what is done under each lock, for each object.

use super::lackey::{Counter, Counts};
use super::measured::{Outcome, Plan};
use super::recording::Header;
use crate::launch::{self, Running};
use crate::{child, programs};
use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, PipeReader, Read};
use std::path::Path;
use std::process::Command;
use std::thread::JoinHandle;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(1200);

/// Bytes that are read at once. The header is looked for between two of them.
const PIECE: usize = 1 << 16;

/// What so many objects took more than none.
pub(crate) struct Counted {
    pub(crate) objects: u64,
    pub(crate) sites: BTreeMap<u64, Counts>,
    pub(crate) instructions: u64,
    /// Holds that were left out: another thread had its turn in them.
    pub(crate) interrupted: u64,
}

impl Counted {
    /// Instructions for one object.
    pub(crate) fn for_an_object(&self) -> f64 {
        self.instructions as f64 / self.objects.max(1) as f64
    }
}

/// Counts a run for `plan`'s objects, less one for none.
pub(crate) fn count(library: &Path, plan: &Plan) -> Result<Counted> {
    let none = Plan {
        objects: 0,
        ..plan.clone()
    };
    let (before, _) = one(library, &none)?;
    let (after, objects) = one(library, plan)?;
    let mut sites = BTreeMap::new();
    for (&site, counts) in &after.sites {
        let first = before.sites.get(&site).copied().unwrap_or_default();
        let more = Counts {
            holds: counts.holds.saturating_sub(first.holds),
            instructions: counts.instructions.saturating_sub(first.instructions),
            lines: counts.lines.saturating_sub(first.lines),
        };
        if more.holds > 0 {
            sites.insert(site, more);
        }
    }
    Ok(Counted {
        objects,
        sites,
        instructions: after.instructions.saturating_sub(before.instructions),
        interrupted: after.interrupted,
    })
}

/// One run; what was counted, and of how many objects.
fn one(library: &Path, plan: &Plan) -> Result<(Counter, u64)> {
    let valgrind = programs::find("valgrind")
        .context("valgrind counts instructions; without it say --skip count")?;
    let recording = tempfile::NamedTempFile::new().context("a temporary file")?;
    let of_child = child::command(&["scale"])?;
    let mut command = Command::new(valgrind);
    command
        .args(["--tool=lackey", "--trace-mem=yes", "--basic-counts=no"])
        .arg(of_child.get_program())
        .args(of_child.get_args())
        .arg(serde_json::to_string(plan)?)
        .env("LD_PRELOAD", library)
        .env("MESH_LOCKS", recording.path());
    let (mut command, output) = launch::with_output(command)?;
    let (reader, writer) = io::pipe().context("a pipe")?;
    command.stderr(writer);
    let counter = read(reader, recording.path())?;
    // What holds the writing end is gone after the start, but for the process.
    let usage = Running::attached(command)?.wait(LIMIT)?;
    let Ok(counter) = counter.join() else {
        bail!("the trace was not read to its end");
    };
    let counter = counter?;
    usage.success().context("valgrind")?;
    if !counter.has_begun() {
        bail!("no lock in the trace of valgrind");
    }
    let outcome: Outcome =
        serde_json::from_str(&launch::read_back(output)?).context("the outcome")?;
    Ok((counter, outcome.objects))
}

/// Starts to read a trace.
fn read(trace: PipeReader, recording: &Path) -> Result<JoinHandle<Result<Counter>>> {
    let mut header = File::open(recording).context("the recording")?;
    Ok(std::thread::spawn(move || {
        let mut trace = BufReader::new(trace);
        let mut counter = Counter::new();
        let (mut piece, mut rest) = (vec![0; PIECE], Vec::new());
        loop {
            let length = trace.read(&mut piece).context("the trace")?;
            if length == 0 {
                return Ok(counter);
            }
            // A lock that these lines tell of was taken after the header was written. Before that there may be one that valgrind's own
            // start left there.
            if !counter.has_begun()
                && let Some(found) = look(&mut header)?
            {
                counter.set_header(&found);
            }
            let mut lines = piece[..length].split_inclusive(|&byte| byte == b'\n');
            for line in &mut lines {
                let Some(whole) = line.strip_suffix(b"\n") else {
                    rest.extend_from_slice(line);
                    break;
                };
                if rest.is_empty() {
                    counter.line(whole);
                } else {
                    rest.extend_from_slice(whole);
                    counter.line(&rest);
                    rest.clear();
                }
            }
        }
    }))
}

fn look(file: &mut File) -> Result<Option<Header>> {
    use std::os::unix::fs::FileExt;
    let mut bytes = [0; size_of::<Header>()];
    let length = file.read_at(&mut bytes, 0).context("the recording")?;
    Ok(Header::read(&bytes[..length]))
}
