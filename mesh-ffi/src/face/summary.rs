//! What is printed at exit.

use core::ffi::CStr;
use core::sync::atomic::{AtomicU8, Ordering};

use arena::{BarrierTier, Linux, Os};

use crate::ground::barrier;
use crate::ground::heap::HEAP;
use crate::ground::line::Line;
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
        crate::ground::tls::within(print);
    } else if format == SummaryFormat::Json as u8 {
        crate::ground::tls::within(|| write_json(|line| line.print()));
    }
}

/// One line of the summary.
fn figure(name: &str, value: usize) {
    Line::bare()
        .text(name)
        .text(":")
        .text(padding(name))
        .number(value)
        .print();
}

/// One line of the summary, bytes shown in MiB with one decimal.
fn mebibytes(name: &str, bytes: usize) {
    let tenths = bytes * 10 / MIB;
    let mut line = Line::bare();
    line.text(name)
        .text(":")
        .text(padding(name))
        .number(tenths / 10);
    line.text(".").number(tenths % 10).print();
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

/// The summary in text, with the lines of the original Mesh first.
pub(crate) fn print() {
    let stats = HEAP.global().stats();
    let arena = HEAP.global().pages().stats();
    let mesh = HEAP.global().mesh_stats();
    figure("MESH COUNT", mesh.meshes);
    mebibytes("Meshed MB (total)", mesh.pages_released * Linux::PAGE_SIZE);
    figure("Meshed pages HWM", mesh.pages_saved_peak);
    mebibytes("Meshed MB HWM", mesh.pages_saved_peak * Linux::PAGE_SIZE);
    figure("MH Alloc Count", stats.spans_made);
    figure("MH Free Count", stats.spans_freed);
    figure("MH High Water Mark", stats.spans_peak);
    Line::bare()
        .text("Meshing:                ")
        .text(stop::reason().map_or("on", |_| "off: "))
        .text(stop::reason().unwrap_or(""))
        .print();
    figure("Mesh cycles", mesh.cycles);
    figure("Compacted under pressure", pressure::times());
    figure("Mesh steps refused", mesh.refused);
    figure("Pages saved now", mesh.pages_saved);
    figure(
        "Longest hold (us)",
        usize::try_from(mesh.longest_hold_ns / 1_000).unwrap_or(usize::MAX),
    );
    figure("Mappings", arena.mappings);
    figure("Mappings permitted", arena.mappings_limit);
    mebibytes("Saved MB/1000 mappings", saved_per_thousand());
    figure("Meshes unaffordable", mesh.unaffordable);
    mebibytes("Objects small MB", stats.small_bytes);
    mebibytes("Kept by threads MB", HEAP.kept_bytes());
    mebibytes("Objects large MB", stats.large_bytes);
    mebibytes("Spans MB", stats.span_bytes);
    mebibytes("Dirty MB", arena.dirty);
    mebibytes("Metadata MB", arena.metadata);
    let (tier, why) = barrier::words();
    let mut line = Line::bare();
    line.text("Barrier:").text(padding("Barrier")).text(tier);
    if !why.is_empty() {
        line.text(" (").text(why).text(")");
    }
    line.print();
}

/// The figures as one JSON object, passed to `write` line by line.
pub(crate) fn write_json(mut write: impl FnMut(&mut Line)) {
    write(Line::bare().text("{"));
    write(
        Line::bare()
            .text("  \"unmeshed_because\": \"")
            .text(stop::reason().unwrap_or(""))
            .text("\","),
    );
    let mut figure = |name: &str, value| {
        let mut line = Line::bare();
        line.text("  \"").text(name).text("\": ").number(value);
        write(line.text(","));
    };
    figures::each(|which, value| figure(which.name(), value));
    figure("saved_per_1000_mappings", saved_per_thousand());
    let (tier, why) = barrier::words();
    for (name, value) in [("barrier", tier), ("barrier_reason", why)] {
        let mut line = Line::bare();
        line.text("  \"").text(name).text("\": \"");
        write(line.text(value).text("\","));
    }
    write(Line::bare().text("  \"bins\": ["));
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
        write(line.text("}"));
        between = "  , ";
    }
    write(Line::bare().text("  ]"));
    write(Line::bare().text("}"));
}
