//! Lines over one axis: memory over time, pages over occupancy.

use super::color;
use crate::course::Sample;
use crate::history::History;
use anyhow::{Context, Result};
use plotters::prelude::*;
use std::path::Path;

const SIZE: (u32, u32) = (960, 540);
/// Lengths of dash and gap of one reference after the other, in pixels.
const DASHES: [(u32, u32); 2] = [(8, 4), (2, 3)];
const MIB: f64 = (1 << 20) as f64;

/// One line of a plot.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) name: String,
    /// In order of the first coordinate.
    pub(crate) points: Vec<(f64, f64)>,
    pub(crate) kind: Kind,
}

/// How a line is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A series, in a colour of its own.
    Measured,
    /// What the series are seen against: dashed, in black.
    Reference,
}

impl Line {
    /// A series, in order of the first coordinate.
    pub(crate) fn measured(name: &str, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        Self {
            name: name.to_owned(),
            points: points.into_iter().collect(),
            kind: Kind::Measured,
        }
    }

    /// Physical memory of one run, in MiB over seconds.
    pub(crate) fn history(name: &str, history: &History) -> Self {
        let point = |&(at_s, bytes): &(f64, u64)| (at_s, bytes as f64);
        Self::bytes(name, history.points().iter().map(point))
    }

    /// Physical memory over time, in MiB over seconds.
    pub(crate) fn memory(name: &str, samples: &[Sample]) -> Self {
        let point = |sample: &Sample| (sample.at_s, sample.bytes() as f64);
        Self::bytes(name, samples.iter().map(point))
    }

    /// Bytes over seconds, drawn in MiB.
    pub(crate) fn bytes(name: &str, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        let point = |(at_s, bytes)| (at_s, bytes / MIB);
        Self::measured(name, points.into_iter().map(point))
    }

    /// The same line as a reference.
    pub(crate) fn reference(self) -> Self {
        Self {
            kind: Kind::Reference,
            ..self
        }
    }
}

/// What a plot of lines shows. Both axes begin at zero.
#[derive(Debug)]
pub(crate) struct Lines<'a> {
    pub(crate) title: &'a str,
    /// The name of the axis, and its unit.
    pub(crate) x: &'a str,
    pub(crate) y: &'a str,
    pub(crate) lines: &'a [Line],
}

impl Lines<'_> {
    /// Writes the plot as an SVG file.
    pub(crate) fn write(&self, path: &Path) -> Result<()> {
        std::fs::write(path, self.svg()?).with_context(|| path.display().to_string())
    }

    /// The plot as the text of an SVG file.
    pub(crate) fn svg(&self) -> Result<String> {
        let mut text = String::new();
        self.draw(SVGBackend::with_string(&mut text, SIZE))
            .map_err(|error| anyhow::anyhow!("{}: {error}", self.title))?;
        Ok(text)
    }

    fn draw(&self, backend: SVGBackend<'_>) -> Result<(), Box<dyn std::error::Error>> {
        let area = backend.into_drawing_area();
        area.fill(&WHITE)?;
        let mut chart = ChartBuilder::on(&area)
            .caption(self.title, ("sans-serif", 20))
            .margin(12)
            .x_label_area_size(40)
            .y_label_area_size(60)
            .build_cartesian_2d(
                0.0..self.end(|point| point.0),
                0.0..self.end(|point| point.1),
            )?;
        chart
            .configure_mesh()
            .x_desc(self.x)
            .y_desc(self.y)
            .light_line_style(WHITE)
            .draw()?;
        let mut colors = (0..).map(color);
        let mut dashes = DASHES.into_iter().cycle();
        for line in self.lines {
            let points = line.points.iter().copied();
            let stroke = match line.kind {
                Kind::Measured => colors.next().unwrap_or(BLACK).stroke_width(2),
                Kind::Reference => BLACK.stroke_width(1),
            };
            let series = match line.kind {
                Kind::Measured => chart.draw_series(LineSeries::new(points, stroke))?,
                Kind::Reference => {
                    let (dash, gap) = dashes.next().unwrap_or((1, 1));
                    chart.draw_series(DashedLineSeries::new(points, dash, gap, stroke))?
                }
            };
            series
                .label(&line.name)
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 20, y)], stroke));
        }
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::LowerRight)
            .background_style(WHITE.mix(0.8))
            .border_style(BLACK.mix(0.3))
            .draw()?;
        area.present()?;
        Ok(())
    }

    /// The end of an axis: a little above the greatest value.
    fn end(&self, coordinate: impl Fn(&(f64, f64)) -> f64) -> f64 {
        let points = self.lines.iter().flat_map(|line| &line.points);
        let greatest = points.map(coordinate).fold(0.0, f64::max);
        if greatest > 0.0 { greatest * 1.05 } else { 1.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(name: &str, points: &[(f64, f64)]) -> Line {
        Line {
            name: name.to_owned(),
            points: points.to_vec(),
            kind: Kind::Measured,
        }
    }

    #[test]
    fn each_line_is_drawn_and_named() {
        let lines = [
            line("one", &[(0.0, 1.0), (2.0, 3.0)]),
            line("two", &[(1.0, 2.0), (2.0, 0.5)]),
        ];
        let plot = Lines {
            title: "a title",
            x: "s",
            y: "MiB",
            lines: &lines,
        };
        let svg = plot.svg().unwrap();
        for text in ["a title", "one", "two", "MiB"] {
            assert!(svg.contains(text), "{text}");
        }
        for index in 0..2 {
            let RGBColor(r, g, b) = color(index);
            assert!(svg.contains(&format!("#{r:02X}{g:02X}{b:02X}")));
        }
    }

    #[test]
    fn a_reference_takes_no_colour() {
        let points = [(0.0, 1.0), (2.0, 3.0)];
        let lines = [line("bound", &points).reference(), line("one", &points)];
        let plot = Lines {
            title: "t",
            x: "x",
            y: "y",
            lines: &lines,
        };
        let svg = plot.svg().unwrap();
        let has = |index| {
            let RGBColor(r, g, b) = color(index);
            svg.contains(&format!("#{r:02X}{g:02X}{b:02X}"))
        };
        assert!(svg.contains("bound"));
        assert!(has(0) && !has(1));
    }

    #[test]
    fn no_points_make_an_empty_plot() {
        let lines = [line("nothing", &[])];
        let plot = Lines {
            title: "t",
            x: "x",
            y: "y",
            lines: &lines,
        };
        assert!(plot.svg().unwrap().contains("nothing"));
    }
}
