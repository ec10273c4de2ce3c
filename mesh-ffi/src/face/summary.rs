//! What is printed at exit.

use core::ffi::CStr;
use core::sync::atomic::{AtomicU8, Ordering};

use arena::{BarrierTier, Linux, Os};

use crate::face::mallctl;
use crate::face::output::Output;
use crate::ground::barrier;
use crate::ground::heap::HEAP;
use crate::ground::line::Line;
use crate::ground::tls;
use crate::unseen::stop;
use crate::upkeep::{figures, pressure};

/// What is printed at exit.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum SummaryFormat {
    Nothing,
    Text,
    Json,
}

const MIB: usize = 1 << 20;

static FORMAT: AtomicU8 = AtomicU8::new(SummaryFormat::Nothing as u8);

pub(crate) fn set_format(format: SummaryFormat) {
    FORMAT.store(format as u8, Ordering::Relaxed);
}

/// Prints the summary that the environment asked for.
pub(crate) fn print_if_asked() {
    let format = FORMAT.load(Ordering::Relaxed);
    if format == SummaryFormat::Text as u8 {
        write(&mut Output::StandardError);
    } else if format == SummaryFormat::Json as u8 {
        write_json(&mut Output::StandardError);
    }
}

/// Whether the environment asked for a summary.
pub(crate) fn is_asked() -> bool {
    FORMAT.load(Ordering::Relaxed) != SummaryFormat::Nothing as u8
}

/// A line of the summary: its name, its value, and whether that is shown in MiB, with one decimal.
type Row = (&'static str, usize, bool);

fn write_row(output: &mut Output, (name, value, is_mebibytes): Row) {
    let mut line = Line::bare();
    line.text(name).text(":").text(padding(name));
    if is_mebibytes {
        let tenths = value * 10 / MIB;
        line.number(tenths / 10).text(".").number(tenths % 10);
    } else {
        line.number(value);
    }
    output.line(&mut line);
}

fn padding(name: &str) -> &'static str {
    const SPACES: &str = "                        ";
    SPACES
        .get(name.len().min(SPACES.len() - 1)..)
        .unwrap_or(" ")
}

/// The barrier in use, by name.
pub(crate) fn barrier_name() -> &'static CStr {
    match HEAP.global().pages().barrier_tier() {
        BarrierTier::Userfaultfd => c"userfaultfd",
        BarrierTier::Mprotect(_) => c"mprotect",
    }
}

/// Bytes saved now for each 1,000 mappings that meshing added; none where it added none.
pub(crate) fn saved_per_thousand() -> usize {
    let saved = HEAP.global().mesh_stats().pages_saved * Linux::PAGE_SIZE;
    let mappings = HEAP.global().pages().stats().mappings;
    (saved * 1_000).checked_div(mappings).unwrap_or(0)
}

/// The figures before the line that says whether there is meshing, with the lines of the original Mesh, and behind it.
fn rows() -> ([Row; 7], [Row; 16]) {
    let stats = HEAP.global().stats();
    let arena = HEAP.global().pages().stats();
    let mesh = HEAP.global().mesh_stats();
    let bytes = |pages| pages * Linux::PAGE_SIZE;
    let hold = usize::try_from(mesh.longest_hold_ns / 1_000).unwrap_or(usize::MAX);
    (
        [
            ("MESH COUNT", mesh.meshes, false),
            ("Meshed MB (total)", bytes(mesh.pages_released), true),
            ("Meshed pages HWM", mesh.pages_saved_peak, false),
            ("Meshed MB HWM", bytes(mesh.pages_saved_peak), true),
            ("MH Alloc Count", stats.spans_made, false),
            ("MH Free Count", stats.spans_freed, false),
            ("MH High Water Mark", stats.spans_peak, false),
        ],
        [
            ("Mesh cycles", mesh.cycles, false),
            ("Compacted under pressure", pressure::times(), false),
            ("Mesh steps refused", mesh.refused, false),
            ("Pages saved now", mesh.pages_saved, false),
            ("Longest hold (us)", hold, false),
            ("Mappings", arena.mappings, false),
            ("Mappings permitted", arena.mappings_limit, false),
            ("Saved MB/1000 mappings", saved_per_thousand(), true),
            ("Meshes unaffordable", mesh.unaffordable, false),
            ("Objects small MB", stats.small_bytes, true),
            ("Kept by threads MB", HEAP.kept_bytes(), true),
            ("Objects large MB", stats.large_bytes, true),
            ("Spans MB", stats.span_bytes, true),
            ("Dirty MB", arena.dirty, true),
            ("Metadata MB", arena.metadata, true),
            ("Mapped MB", arena.opened, true),
        ],
    )
}

/// The summary in text. The calling thread is outside of the heap.
pub(crate) fn write(output: &mut Output) {
    let (first, second) = tls::within(rows);
    for row in first {
        write_row(output, row);
    }
    output.line(
        Line::bare()
            .text("Meshing:                ")
            .text(stop::reason().map_or("on", |_| "off: "))
            .text(stop::reason().unwrap_or("")),
    );
    for row in second {
        write_row(output, row);
    }
    let (tier, why) = tls::within(barrier::words);
    let mut line = Line::bare();
    line.text("Barrier:").text(padding("Barrier")).text(tier);
    if !why.is_empty() {
        line.text(" (").text(why).text(")");
    }
    output.line(&mut line);
}

/// The figures as one JSON object, with all that `mesh_mallctl` can read. The calling thread is outside of the heap.
pub(crate) fn write_json(output: &mut Output) {
    tls::within(|| write_figures(output));
    output.line(Line::bare().text("  \"mallctl\": {"));
    mallctl::list(output, 1);
    output.line(Line::bare().text("  }"));
    output.line(Line::bare().text("}"));
}

/// The beginning of that object.
fn write_figures(output: &mut Output) {
    output.line(Line::bare().text("{"));
    output.line(
        Line::bare()
            .text("  \"unmeshed_because\": \"")
            .text(stop::reason().unwrap_or(""))
            .text("\","),
    );
    let mut figure = |name: &str, value| {
        let mut line = Line::bare();
        line.text("  \"").text(name).text("\": ").number(value);
        output.line(line.text(","));
    };
    figures::each(|which, value| figure(which.name(), value));
    figure("saved_per_1000_mappings", saved_per_thousand());
    let (tier, why) = barrier::words();
    for (name, value) in [("barrier", tier), ("barrier_reason", why)] {
        let mut line = Line::bare();
        line.text("  \"").text(name).text("\": \"");
        output.line(line.text(value).text("\","));
    }
    output.line(Line::bare().text("  \"bins\": ["));
    let mut between = "    ";
    for class in HEAP.global().classes().filter(|class| class.spans > 0) {
        let mut line = Line::bare();
        line.text(between)
            .text("{\"size\": ")
            .number(class.object_size);
        line.text(", \"slots\": ")
            .number(class.slots)
            .text(", \"pages\": ")
            .number(class.pages);
        line.text(", \"live\": ")
            .number(class.live)
            .text(", \"spans\": ")
            .number(class.spans);
        line.text(", \"physical_spans\": ")
            .number(class.physical_spans);
        line.text(", \"groups\": ").number(class.groups);
        line.text(", \"apart\": ")
            .text(if class.apart { "true" } else { "false" });
        output.line(line.text("}"));
        between = "  , ";
    }
    output.line(Line::bare().text("  ],"));
}
