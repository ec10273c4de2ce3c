//! `mesh-bench map trace`: the heap at one point of a trace, before and after it is compacted.

use super::draw;
use super::file::HeapMap;
use crate::allocators::Allocator;
use crate::launch::Running;
use crate::{child, probe, share, traces};
use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;
use std::time::Duration;

/// Plays a trace under libmesh.so up to a point, and draws the heap there before and after it is compacted.
///
/// Meshing waits until then.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// The trace
    file: PathBuf,
    /// The share of the records after which the heap is drawn
    #[arg(long, default_value = "100%", value_parser = share::parse)]
    at: f64,
    /// The SVG file
    #[arg(short, long, default_value = "map.svg", value_name = "FILE")]
    output: PathBuf,
}

/// What the child does.
#[derive(Debug, Serialize, Deserialize)]
struct Plan {
    file: PathBuf,
    places: u32,
    records: u64,
    before: PathBuf,
    after: PathBuf,
}

/// The command.
pub(crate) fn run(args: &Args) -> Result<()> {
    let survey = traces::survey(&args.file)?;
    let directory = tempfile::Builder::new()
        .prefix("mesh-bench-map")
        .tempdir()?;
    let plan = Plan {
        file: args.file.canonicalize()?,
        places: survey.places,
        records: (survey.records as f64 * args.at) as u64,
        before: directory.path().join("before"),
        after: directory.path().join("after"),
    };
    let allocator = Allocator::named("mesh")?;
    probe::verify(&allocator)?;
    let mut command = child::command(&["map"])?;
    command.arg(serde_json::to_string(&plan)?);
    allocator.preload(&mut command);
    let work = survey.requested_bytes as f64 / 1e8 + survey.records as f64 / 2e4;
    let limit = Duration::try_from_secs_f64(60.0 + work).context("the trace takes too long")?;
    Running::start(command, None)?.wait(limit)?.success()?;
    let maps = [("before", &plan.before), ("compacted", &plan.after)];
    let titled = maps.map(|(title, path)| Ok((title.to_owned(), HeapMap::read(path)?)));
    draw::titled(
        &titled.into_iter().collect::<Result<Vec<_>>>()?,
        &args.output,
    )
}

/// In the child: plays, writes a map, compacts, writes another.
pub(crate) fn run_plan(plan: &str) -> Result<()> {
    let plan: Plan = serde_json::from_str(plan).context("the plan")?;
    control(c"mesh.enabled", Some(&0u8))?;
    let places = traces::play_to(&plan.file, plan.places, plan.records)?;
    write_map(plan.before)?;
    control(c"mesh.enabled", Some(&1u8))?;
    control::<u8>(c"mesh.compact", None)?;
    write_map(plan.after)?;
    drop(places);
    Ok(())
}

fn write_map(path: PathBuf) -> Result<()> {
    let path = CString::new(path.into_os_string().into_vec())?;
    let address = path.as_ptr().expose_provenance();
    control(c"map.write", Some(&address))
}

type Control =
    unsafe extern "C" fn(*const c_char, *mut c_void, *mut usize, *const c_void, usize) -> c_int;

/// `mesh_mallctl(name, NULL, NULL, value, sizeof *value)`.
fn control<T>(name: &CStr, value: Option<&T>) -> Result<()> {
    // SAFETY: the name ends with a zero byte.
    let address = unsafe { libc::dlsym(libc::RTLD_DEFAULT, c"mesh_mallctl".as_ptr()) };
    if address.is_null() {
        bail!("the allocator has no mesh_mallctl");
    }
    // SAFETY: `mesh.h` declares the function so.
    let control = unsafe { std::mem::transmute::<*mut c_void, Control>(address) };
    let (new, size) = match value {
        Some(value) => ((&raw const *value).cast(), size_of::<T>()),
        None => (std::ptr::null(), 0),
    };
    let nothing = std::ptr::null_mut();
    // SAFETY: the name is a C string, and the value is valid for reads of its size; what is a string's address stays one
    // until the caller goes on.
    let error = unsafe { control(name.as_ptr(), nothing, std::ptr::null_mut(), new, size) };
    if error != 0 {
        let error = std::io::Error::from_raw_os_error(error);
        bail!("mesh_mallctl({name:?}): {error}");
    }
    Ok(())
}
