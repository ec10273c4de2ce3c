//! The report as a web page: one HTML file, and SVG files beside it.

use super::report::{self, Cells};
use super::summary::{Figure, Overall, Row};
use crate::plot::{Bars, Cluster, Line, Lines};
use anyhow::{Context, Result};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use std::path::Path;

const STYLE: &str =
    "body { font-family: sans-serif; max-width: 64rem; margin: 1rem auto; padding: 0 1rem }
table { border-collapse: collapse; margin: 1rem 0 }
th, td { padding: 0.1rem 0.6rem; text-align: right; border-bottom: 1px solid #ddd }
th:first-child, td:first-child { text-align: left }
img { max-width: 100% }";

/// One workload of a report.
#[derive(Debug)]
pub(crate) struct Section {
    pub(crate) name: String,
    pub(crate) about: String,
    /// One for each allocator, the same in all sections.
    pub(crate) rows: Vec<Row>,
    /// Physical memory over time.
    pub(crate) lines: Vec<Line>,
}

/// A report.
#[derive(Debug)]
pub(crate) struct Page<'a> {
    pub(crate) title: &'a str,
    /// How it was measured.
    pub(crate) method: &'a str,
    pub(crate) sections: &'a [Section],
    pub(crate) overall: &'a [Overall],
}

/// A plot of bars over all sections: its file, its title, the figure.
type Ratio = (&'static str, &'static str, fn(&Row) -> Figure);

const RATIOS: [Ratio; 3] = [
    ("time.svg", "CPU time over the best peer's", |row| row.cpu),
    ("peak.svg", "Peak memory over the best peer's", |row| {
        row.peak
    }),
    ("mean.svg", "Mean memory over the best peer's", |row| {
        row.mean
    }),
];

impl Page<'_> {
    /// Writes `index.html` and its plots to `directory`, which is made if it is not there.
    pub(crate) fn write(&self, directory: &Path) -> Result<()> {
        std::fs::create_dir_all(directory).with_context(|| directory.display().to_string())?;
        for (file, title, figure) in RATIOS {
            self.write_ratios(title, figure, &directory.join(file))?;
        }
        for (number, section) in self.sections.iter().enumerate() {
            let plot = Lines {
                title: &format!("{}: physical memory", section.name),
                x: "s",
                y: "MiB",
                lines: &section.lines,
            };
            plot.write(&directory.join(history_file(number)))?;
        }
        let index = directory.join("index.html");
        std::fs::write(&index, self.html().into_string())
            .with_context(|| index.display().to_string())
    }

    fn write_ratios(&self, title: &str, figure: fn(&Row) -> Figure, path: &Path) -> Result<()> {
        let names = |section: &Section| -> Vec<String> {
            let names = section.rows.iter().map(|row| row.allocator.clone());
            names.collect()
        };
        let group = |section: &Section| Cluster {
            name: section.name.clone(),
            ratios: section.rows.iter().map(|row| figure(row).ratio).collect(),
        };
        let groups: Vec<Cluster> = self.sections.iter().map(group).collect();
        let plot = Bars {
            title,
            series: &self.sections.first().map(names).unwrap_or_default(),
            groups: &groups,
        };
        plot.write(path)
    }

    fn html(&self) -> Markup {
        html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    title { (self.title) }
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    h1 { (self.title) }
                    p { (self.method) }
                    h2 { "Geometric means of the ratios" }
                    (table(&report::overall(self.overall)))
                    p { (report::LEGEND) }
                    @for (file, title, _) in RATIOS {
                        p { img src=(file) alt=(title); }
                    }
                    @for (number, section) in self.sections.iter().enumerate() {
                        h2 { (section.name) }
                        p { (section.about) }
                        (table(&report::workload(&section.rows)))
                        p { img src=(history_file(number)) alt="physical memory over time"; }
                    }
                }
            }
        }
    }
}

fn history_file(number: usize) -> String {
    format!("memory-{}.svg", number + 1)
}

fn table(cells: &Cells) -> Markup {
    html! {
        table {
            tr { @for name in &cells.header { th { (name) } } }
            @for row in &cells.rows {
                tr { @for cell in row { td { (cell) } } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::allocators::Allocator;
    use crate::run::summary;

    #[test]
    fn a_page_has_all_sections_and_the_files_it_names() {
        let allocators = [Allocator::named("glibc").unwrap()];
        let sections = ["first", "a < b"].map(|name| Section {
            name: name.into(),
            about: "what it does".into(),
            rows: summary::rows(name, &allocators, &[]),
            lines: Vec::new(),
        });
        let page = Page {
            title: "a title",
            method: "a method",
            sections: &sections,
            overall: &summary::overall(&allocators, &[]),
        };
        let directory = tempfile::tempdir().unwrap();
        let target = directory.path().join("report");
        page.write(&target).unwrap();
        let html = std::fs::read_to_string(target.join("index.html")).unwrap();
        assert!(html.contains("<h2>first</h2>") && html.contains("<h2>a &lt; b</h2>"));
        let named: Vec<_> = html.split("src=\"").skip(1).collect();
        assert_eq!(named.len(), RATIOS.len() + sections.len());
        for rest in named {
            let file = rest.split('"').next().unwrap();
            assert!(target.join(file).is_file(), "{file}");
        }
    }
}
