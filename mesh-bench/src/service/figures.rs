//! What `mesh stats` says of a server, and whether it adds up.

use crate::launch::{self, Running};
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// The figures of a process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Figures {
    /// Meshes since its start.
    pub(crate) meshes: u64,
    /// Physical bytes, as the kernel has them.
    pub(crate) physical: u64,
    /// Bytes that are saved now.
    pub(crate) saved: u64,
    /// Bytes of spans, each physical page once, and of unused pages that were not given back.
    held: u64,
}

const LIMIT: Duration = Duration::from_secs(20);
const PAGE: u64 = 4096;

impl Figures {
    /// Those of a process and its descendants, as far as they have published any; an error if what one says does not add up.
    pub(super) fn of_family(launcher: &Path, pid: u32) -> Result<Vec<Self>> {
        let mut command = Command::new(launcher);
        command.args(["stats", "--json", "--children", &pid.to_string()]);
        let (command, output) = launch::with_output(command)?;
        Running::start(command, None)?
            .wait(LIMIT)?
            .success()
            .context("mesh stats")?;
        let page = serde_json::from_str(&launch::read_back(output)?).context("mesh stats")?;
        of_page(&page)
    }
}

fn of_page(page: &Value) -> Result<Vec<Figures>> {
    let processes = page["processes"].as_array().context("no processes")?;
    let published = processes
        .iter()
        .filter(|process| process["heap"].is_object());
    let figures: Vec<_> = published
        .map(|process| of_process(process).with_context(|| format!("{process:#}")))
        .collect::<Result<_>>()?;
    // Of all together: of a page that a child shares with its parent, the kernel gives each a part.
    let held: u64 = figures.iter().map(|figures| figures.held).sum();
    let physical = number(page, "physical_bytes")?;
    // Figures are up to a second old, in which a server that rests goes on to mesh, and spans have pages that nobody has touched.
    ensure!(
        held <= physical + physical / 4,
        "{held} bytes of pages in {physical} physical ones: {page:#}"
    );
    ensure!(
        !figures.is_empty(),
        "no process has published figures: {page:#}"
    );
    Ok(figures)
}

fn of_process(process: &Value) -> Result<Figures> {
    let heap = &process["heap"];
    let of_heap = |name| number(heap, name);
    let physical = number(process, "physical_bytes")?;
    expect_equal(
        "small_bytes",
        of_heap("small_bytes")?,
        sum(heap, |class| {
            Ok(number(class, "live")? * number(class, "object_size")?)
        })?,
    )?;
    expect_equal(
        "span_bytes",
        of_heap("span_bytes")?,
        sum(heap, |class| {
            Ok(number(class, "physical_spans")? * number(class, "pages")? * PAGE)
        })?,
    )?;
    let saved = of_heap("pages_saved")?;
    expect_equal(
        "pages_saved",
        saved,
        sum(heap, |class| {
            let spans = number(class, "spans")?.checked_sub(number(class, "physical_spans")?);
            Ok(spans.context("more physical spans than spans")? * number(class, "pages")?)
        })?,
    )?;
    Ok(Figures {
        meshes: of_heap("mesh_count")?,
        physical,
        saved: saved * PAGE,
        held: of_heap("span_bytes")? + of_heap("dirty_bytes")?,
    })
}

/// The sum of what `each` says of the size classes.
fn sum(heap: &Value, each: impl Fn(&Value) -> Result<u64>) -> Result<u64> {
    let classes = heap["classes"].as_array().context("no classes")?;
    classes.iter().map(each).sum()
}

fn number(value: &Value, name: &str) -> Result<u64> {
    value[name].as_u64().with_context(|| format!("no {name}"))
}

fn expect_equal(name: &str, said: u64, reckoned: u64) -> Result<()> {
    ensure!(
        said == reckoned,
        "{name} is {said}, but the classes come to {reckoned}"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// A process with two spans that are one physical one, and a large object.
    fn page() -> Value {
        json!({
            "physical_bytes": 9000,
            "processes": [{
                "physical_bytes": 9000,
                "heap": {
                    "mesh_count": 1, "pages_saved": 1, "small_bytes": 48, "span_bytes": 4096, "dirty_bytes": 4096,
                    "classes": [{"live": 3, "object_size": 16, "spans": 2, "physical_spans": 1, "pages": 1}],
                },
            }, {"physical_bytes": 0, "heap": null}],
        })
    }

    #[test]
    fn figures_that_add_up_are_those_of_who_has_published() {
        let expected = Figures {
            meshes: 1,
            physical: 9000,
            saved: 4096,
            held: 8192,
        };
        assert_eq!(of_page(&page()).unwrap(), [expected]);
    }

    #[test]
    fn figures_that_do_not_add_up_are_an_error() {
        for name in ["small_bytes", "span_bytes", "pages_saved"] {
            let mut wrong = page();
            wrong["processes"][0]["heap"][name] = 1000.into();
            let error = format!("{:#}", of_page(&wrong).unwrap_err());
            assert!(error.contains(&format!("{name} is 1000")), "{error}");
        }
        let mut less = page();
        less["physical_bytes"] = 6000.into();
        assert!(of_page(&less).is_err());
        let mut nobody = page();
        nobody["processes"][0]["heap"] = Value::Null;
        assert!(of_page(&nobody).is_err());
    }
}
