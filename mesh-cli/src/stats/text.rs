//! The figures for people.

use std::fmt::Write;

use published::{ClassFigure, Figure, Text};

use crate::process::{Figures, Snapshot};
use crate::units::{bytes, count, nanoseconds, printable};

/// Bytes of a page.
const PAGE: u64 = 4096;

/// The bytes of so many pages, for people.
pub(crate) fn pages(number: u64) -> String {
    bytes(number.saturating_mul(PAGE))
}

/// Columns of the names of figures.
const NAMES: usize = 20;

/// All processes, one below the other.
pub(crate) fn page(seen: &[Snapshot]) -> String {
    let mut page: Vec<_> = seen.iter().map(process).collect();
    if seen.len() > 1 {
        let all = seen.iter().filter_map(|one| Some(one.physical?.total()));
        let all = bytes(all.sum());
        page.push(format!(
            "{} processes: {all} of physical memory\n",
            seen.len()
        ));
    }
    page.join("\n")
}

fn process(seen: &Snapshot) -> String {
    let mut text = format!("{} ({})\n", printable(&seen.name), seen.pid);
    line(&mut text, "physical memory", &physical(seen));
    if let Some(library) = &seen.library {
        let library = printable(&library.display().to_string());
        line(&mut text, "library", &library);
    }
    match &seen.figures {
        Ok(figures) => heap(&mut text, figures),
        Err(absence) => line(&mut text, "heap", &absence.words("stats", seen.pid)),
    }
    text
}

fn physical(seen: &Snapshot) -> String {
    match seen.physical {
        Some(physical) => format!(
            "{} ({} of pages, {} of page tables)",
            bytes(physical.total()),
            bytes(physical.pss),
            bytes(physical.tables)
        ),
        None => "not to be read".to_owned(),
    }
}

fn line(text: &mut String, name: &str, value: &str) {
    // Writing to a string does not fail.
    let _ = writeln!(text, "  {name:NAMES$}{value}");
}

/// The lines about the heap, as names and values.
pub(crate) fn lines(figures: &Figures) -> Vec<(&'static str, String)> {
    let image = &figures.image;
    let figure = |which| image.figure(which);
    let meshing = match image.text(Text::UnmeshedBecause) {
        "" => "on".to_owned(),
        why => format!("off: {}", printable(why)),
    };
    let barrier = match image.text(Text::BarrierReason) {
        "" => printable(image.text(Text::Barrier)),
        why => printable(&format!("{} ({why})", image.text(Text::Barrier))),
    };
    let mut lines = vec![
        ("meshing", meshing),
        (
            "saved now",
            format!(
                "{} by {} groups of spans (at most {})",
                pages(figure(Figure::PagesSaved)),
                count(image.groups()),
                pages(figure(Figure::PagesSavedPeak))
            ),
        ),
        (
            "meshed so far",
            format!(
                "{} spans in {} cycles",
                count(figure(Figure::MeshCount)),
                count(figure(Figure::Cycles))
            ),
        ),
        (
            "small objects",
            format!(
                "{} in {} of spans",
                bytes(figure(Figure::SmallBytes)),
                bytes(figure(Figure::SpanBytes))
            ),
        ),
        ("large objects", bytes(figure(Figure::LargeBytes))),
        (
            "unused pages",
            format!(
                "{} still there, {} given back",
                bytes(figure(Figure::DirtyBytes)),
                bytes(figure(Figure::CleanBytes))
            ),
        ),
        (
            "kept by threads",
            format!(
                "{} by {}",
                bytes(figure(Figure::KeptBytes)),
                count(figure(Figure::Threads))
            ),
        ),
        ("records and tables", bytes(figure(Figure::MetadataBytes))),
        (
            "mappings added",
            format!(
                "{} of {}{}",
                count(figure(Figure::Mappings)),
                count(figure(Figure::MappingsLimit)),
                unaffordable(figure(Figure::Unaffordable))
            ),
        ),
        ("barrier", barrier),
        ("longest hold", nanoseconds(figure(Figure::LongestHoldNs))),
    ];
    if figure(Figure::LimitBytes) > 0 {
        let limit = bytes(figure(Figure::LimitBytes));
        let refused = count(figure(Figure::RefusedAtLimit));
        lines.push(("limit", format!("{limit}; {refused} requests refused")));
    }
    let age = nanoseconds(figures.age_ms.saturating_mul(1_000_000));
    lines.push(("as of", format!("{age} ago")));
    lines
}

fn unaffordable(meshes: u64) -> String {
    match meshes {
        0 => String::new(),
        _ => format!(
            "; {} meshes had to be left undone: raise vm.max_map_count",
            count(meshes)
        ),
    }
}

fn heap(text: &mut String, figures: &Figures) {
    for (name, value) in lines(figures) {
        line(text, name, &value);
    }
    let _ = writeln!(
        text,
        "\n  {:>8}{:>12}{:>9}{:>9}{:>9}{:>8}{:>11}",
        "object", "in use", "spans", "physical", "groups", "filled", "saved"
    );
    for class in figures.image.classes() {
        let figure = |which| class.figure(which);
        let _ = writeln!(
            text,
            "  {:>8}{:>12}{:>9}{:>9}{:>9}{:>7}%{:>11}{}",
            figure(ClassFigure::ObjectSize),
            count(figure(ClassFigure::Live)),
            figure(ClassFigure::Spans),
            figure(ClassFigure::PhysicalSpans),
            figure(ClassFigure::Groups),
            class.filled().unwrap_or(0),
            pages(class.pages_saved()),
            if figure(ClassFigure::Apart) != 0 {
                "  apart"
            } else {
                ""
            }
        );
    }
}
