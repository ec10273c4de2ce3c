//! The figures in the text format of Prometheus (exposition format, version 0.0.4).

use std::fmt::{Display, Write};

use published::{ClassFigure, Figure, Text};

use crate::process::{Figures, Snapshot};

#[derive(Clone, Copy)]
enum Kind {
    Gauge,
    Counter,
}

/// A page with all samples of a metric together, as the format wants them.
#[derive(Default)]
struct Page(String);

impl Page {
    /// The head of a metric. The name of a counter ends in `_total`.
    fn head(&mut self, name: &str, kind: Kind, help: &str) {
        let kind = match kind {
            Kind::Gauge => "gauge",
            Kind::Counter => "counter",
        };
        // Writing to a string does not fail.
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &dyn Display)], value: u64) {
        let labels: Vec<_> = labels
            .iter()
            .map(|(label, value)| format!("{label}=\"{}\"", escaped(&value.to_string())))
            .collect();
        let _ = writeln!(self.0, "{name}{{{}}} {value}", labels.join(","));
    }
}

/// A label's value as the format wants it.
fn escaped(value: &str) -> String {
    value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

/// What the figures are, but for those that are of no use here.
fn about(figure: Figure) -> Option<(Kind, &'static str)> {
    use Kind::{Counter, Gauge};
    Some(match figure {
        Figure::MeshCount => (Counter, "Spans whose objects were moved onto another one."),
        Figure::PagesReleased => (Counter, "Pages of the spans that were meshed."),
        Figure::PagesSaved => (Gauge, "Pages that meshing saves now."),
        Figure::PagesSavedPeak => (Gauge, "The most pages that meshing ever saved."),
        Figure::Cycles => (Counter, "Mesh cycles begun."),
        Figure::CompactedUnderPressure => (
            Counter,
            "Times the heap was compacted since memory was scarce.",
        ),
        Figure::Refused => (Counter, "Steps of meshing that the system refused."),
        Figure::LeftToTheKernel => (
            Counter,
            "Spans left alone since the kernel may have been writing to them.",
        ),
        Figure::LongestHoldNs => (
            Gauge,
            "The longest time that a mesh held a lock, in nanoseconds.",
        ),
        Figure::Mappings => (Gauge, "Mappings that meshing added."),
        Figure::MappingsLimit => (Gauge, "Mappings that meshing may add."),
        Figure::Unaffordable => (Counter, "Meshes left undone for want of mappings."),
        Figure::SmallBytes => (Gauge, "Bytes of small objects in use."),
        Figure::KeptBytes => (Gauge, "Bytes that threads keep for themselves."),
        Figure::Threads => (Gauge, "Threads with a heap of their own."),
        Figure::LargeBytes => (Gauge, "Bytes of large objects in use."),
        Figure::LargeCount => (Gauge, "Large objects in use."),
        Figure::SpanBytes => (Gauge, "Physical bytes of the spans of small objects."),
        Figure::DirtyBytes => (Gauge, "Unused bytes that are still there."),
        Figure::CleanBytes => (Gauge, "Unused bytes that were given back."),
        Figure::MetadataBytes => (Gauge, "Bytes of records and tables."),
        Figure::MappedBytes => (Gauge, "Bytes of addresses mapped for objects."),
        Figure::HintsRefused => (Counter, "Hints about memory that the system refused."),
        Figure::LimitBytes => (Gauge, "The limit that the heap keeps to; zero for none."),
        Figure::RefusedAtLimit => (Counter, "Requests that were refused for the limit."),
        Figure::WhenMs | Figure::Process => return None,
    })
}

fn about_class(figure: ClassFigure) -> Option<&'static str> {
    Some(match figure {
        ClassFigure::Slots => "Slots of a span.",
        ClassFigure::Pages => "Pages of a span.",
        ClassFigure::Spans => "Virtual spans.",
        ClassFigure::PhysicalSpans => "Physical spans.",
        ClassFigure::Groups => "Groups of meshed spans.",
        ClassFigure::Live => "Slots in use.",
        ClassFigure::ObjectSize | ClassFigure::Apart => return None,
    })
}

/// A metric's name.
fn name_of(figure: &str, kind: Kind) -> String {
    let figure = match figure {
        "mesh_count" => "meshes",
        "large_count" => "large_objects",
        other => other,
    };
    match kind {
        Kind::Gauge => format!("mesh_{figure}"),
        Kind::Counter => format!("mesh_{figure}_total"),
    }
}

/// All processes.
pub(crate) fn page(seen: &[Snapshot]) -> String {
    let mut page = Page::default();
    let heaps: Vec<(i32, &Figures)> = seen
        .iter()
        .filter_map(|one| Some((one.pid, one.figures.as_ref().ok()?)))
        .collect();
    page.head(
        "mesh_up",
        Kind::Gauge,
        "Whether figures of the heap could be read.",
    );
    for one in seen {
        let labels: [(&str, &dyn Display); 2] = [("pid", &one.pid), ("name", &one.name)];
        page.sample("mesh_up", &labels, one.figures.is_ok().into());
    }
    physical(&mut page, seen);
    if heaps.is_empty() {
        return page.0;
    }
    info(&mut page, &heaps);
    page.head(
        "mesh_age_milliseconds",
        Kind::Gauge,
        "How old the figures of the heap are.",
    );
    for (pid, figures) in &heaps {
        page.sample("mesh_age_milliseconds", &[("pid", pid)], figures.age_ms);
    }
    for &figure in Figure::ALL {
        let Some((kind, help)) = about(figure) else {
            continue;
        };
        let name = name_of(figure.name(), kind);
        page.head(&name, kind, help);
        for (pid, figures) in &heaps {
            page.sample(&name, &[("pid", pid)], figures.image.figure(figure));
        }
    }
    classes(&mut page, &heaps);
    page.0
}

fn physical(page: &mut Page, seen: &[Snapshot]) {
    let name = "mesh_process_pss_bytes";
    let help = "The process's part of all physical pages.";
    page.head(name, Kind::Gauge, help);
    for one in seen {
        if let Some(physical) = one.physical {
            page.sample(name, &[("pid", &one.pid)], physical.pss);
        }
    }
    let name = "mesh_process_page_table_bytes";
    page.head(name, Kind::Gauge, "Page tables of the process.");
    for one in seen {
        if let Some(physical) = one.physical {
            page.sample(name, &[("pid", &one.pid)], physical.tables);
        }
    }
}

fn info(page: &mut Page, heaps: &[(i32, &Figures)]) {
    page.head(
        "mesh_info",
        Kind::Gauge,
        "The write barrier in use, and why nothing is meshed.",
    );
    for (pid, figures) in heaps {
        let texts = Text::ALL
            .iter()
            .map(|&text| (text.name(), figures.image.text(text)));
        let texts: Vec<_> = texts.collect();
        let mut labels: Vec<(&str, &dyn Display)> = vec![("pid", pid)];
        labels.extend(
            texts
                .iter()
                .map(|(name, text)| (*name, text as &dyn Display)),
        );
        page.sample("mesh_info", &labels, 1);
    }
}

/// What is kept apart has classes of the same sizes: a label tells them.
fn classes(page: &mut Page, heaps: &[(i32, &Figures)]) {
    for &figure in ClassFigure::ALL {
        let Some(help) = about_class(figure) else {
            continue;
        };
        let name = format!("mesh_class_{}", figure.name());
        page.head(&name, Kind::Gauge, help);
        for (pid, figures) in heaps {
            for class in figures.image.classes() {
                let size = class.figure(ClassFigure::ObjectSize);
                let apart = class.figure(ClassFigure::Apart) != 0;
                let labels: [(&str, &dyn Display); 3] =
                    [("pid", pid), ("class", &size), ("apart", &apart)];
                page.sample(&name, &labels, class.figure(figure));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_labels_are_escaped() {
        let mut page = Page::default();
        page.sample("a", &[("b", &"c\\d\"e\nf")], 1);
        assert_eq!(page.0, "a{b=\"c\\\\d\\\"e\\nf\"} 1\n");
    }

    #[test]
    fn names_are_those_of_the_kind() {
        assert_eq!(name_of("mesh_count", Kind::Counter), "mesh_meshes_total");
        assert_eq!(name_of("large_count", Kind::Gauge), "mesh_large_objects");
        assert_eq!(name_of("dirty_bytes", Kind::Gauge), "mesh_dirty_bytes");
    }
}
