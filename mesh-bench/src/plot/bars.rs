//! Horizontal bars in groups: ratios, on an axis of powers on which one is the middle.

use super::color;
use anyhow::{Context, Result};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use std::path::Path;

const WIDTH: u32 = 960;
/// Height of a bar in pixels; between two groups as much is left free.
const BAR: usize = 9;
const LABELS: u32 = 150;
const TOP: u32 = 70;
const BOTTOM: u32 = 40;

/// Bars that belong together, one for each series.
#[derive(Debug)]
pub(crate) struct Cluster {
    pub(crate) name: String,
    /// As many as there are series; `None` where there is nothing to show.
    pub(crate) ratios: Vec<Option<f64>>,
}

/// What a plot of bars shows.
#[derive(Debug)]
pub(crate) struct Bars<'a> {
    pub(crate) title: &'a str,
    /// The names of the bars of every group.
    pub(crate) series: &'a [String],
    /// From top to bottom.
    pub(crate) groups: &'a [Cluster],
}

impl Bars<'_> {
    /// Writes the plot as an SVG file.
    pub(crate) fn write(&self, path: &Path) -> Result<()> {
        std::fs::write(path, self.svg()?).with_context(|| path.display().to_string())
    }

    /// The plot as the text of an SVG file.
    pub(crate) fn svg(&self) -> Result<String> {
        let mut text = String::new();
        let pixels = u32::try_from(self.rows() * BAR)?;
        let size = (WIDTH, pixels + TOP + BOTTOM);
        self.draw(SVGBackend::with_string(&mut text, size))
            .map_err(|error| anyhow::anyhow!("{}: {error}", self.title))?;
        Ok(text)
    }

    /// Rows of the height of a bar, the free ones included.
    fn rows(&self) -> usize {
        (self.groups.len() * (self.series.len() + 1)).max(1)
    }

    fn draw(&self, backend: SVGBackend<'_>) -> Result<(), Box<dyn std::error::Error>> {
        let area = backend.into_drawing_area();
        area.fill(&WHITE)?;
        area.draw(&Text::new(self.title, (12, 12), ("sans-serif", 20)))?;
        self.draw_legend(&area)?;
        let rows = self.rows();
        let mut chart = ChartBuilder::on(&area)
            .margin_right(24)
            .margin_top(TOP)
            .x_label_area_size(BOTTOM)
            .y_label_area_size(LABELS)
            // Rows count downwards.
            .build_cartesian_2d(self.axis().log_scale(), rows as f64..0.0)?;
        chart
            .configure_mesh()
            .disable_y_mesh()
            .y_labels(0)
            .x_label_formatter(&|ratio| format!("{}", (ratio * 100.0).round() / 100.0))
            .light_line_style(WHITE)
            .draw()?;
        let right = TextStyle::from(("sans-serif", 13)).pos(Pos::new(HPos::Right, VPos::Center));
        for (place, group) in self.groups.iter().enumerate() {
            let top = place * (self.series.len() + 1);
            for (index, &ratio) in group.ratios.iter().enumerate() {
                let Some(ratio) = ratio.filter(|&ratio| ratio > 0.0) else {
                    continue;
                };
                let row = (top + index) as f64;
                let corners = [(1.0, row + 0.1), (ratio, row + 0.9)];
                let bar = Rectangle::new(corners, color(index).filled());
                chart.draw_series([bar])?;
            }
            let middle = top as f64 + self.series.len() as f64 / 2.0;
            let (_, y) = chart.backend_coord(&(1.0, middle));
            let at = (LABELS.cast_signed() - 8, y);
            area.draw(&Text::new(group.name.as_str(), at, right.clone()))?;
        }
        let one = [(1.0, 0.0), (1.0, rows as f64)];
        chart.draw_series([PathElement::new(one, BLACK)])?;
        area.present()?;
        Ok(())
    }

    /// A coloured square and a name for each series, in a line below the title.
    fn draw_legend(
        &self,
        area: &DrawingArea<SVGBackend<'_>, plotters::coord::Shift>,
    ) -> Result<(), Box<dyn std::error::Error>> {
        let step = (WIDTH - 24) / u32::try_from(self.series.len().max(1))?;
        for (index, name) in self.series.iter().enumerate() {
            let left = 12 + (u32::try_from(index)? * step).cast_signed();
            let square = [(left, 44), (left + 10, 54)];
            area.draw(&Rectangle::new(square, color(index).filled()))?;
            area.draw(&Text::new(
                name.as_str(),
                (left + 16, 42),
                ("sans-serif", 13),
            ))?;
        }
        Ok(())
    }

    /// All ratios and one, and at least a factor of two on each side.
    fn axis(&self) -> std::ops::Range<f64> {
        let ratios = self.groups.iter().flat_map(|group| &group.ratios).flatten();
        let ratios = ratios.copied().filter(|&ratio| ratio > 0.0);
        let (least, greatest) = ratios.fold((0.5, 2.0), |(least, greatest): (f64, f64), ratio| {
            (least.min(ratio), greatest.max(ratio))
        });
        least / 1.05..greatest * 1.05
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(name: &str, ratios: &[Option<f64>]) -> Cluster {
        Cluster {
            name: name.into(),
            ratios: ratios.to_vec(),
        }
    }

    fn bars(svg: &str, index: usize) -> usize {
        let RGBColor(r, g, b) = color(index);
        let fill = format!("fill=\"#{r:02X}{g:02X}{b:02X}\"");
        svg.lines()
            .filter(|line| line.starts_with("<rect") && line.contains(&fill))
            .count()
    }

    #[test]
    fn there_is_a_bar_for_each_figure() {
        let series = ["one".to_owned(), "two".to_owned()];
        let groups = [
            group("first", &[Some(1.5), Some(0.25)]),
            group("second", &[Some(30.0), None]),
        ];
        let plot = Bars {
            title: "a title",
            series: &series,
            groups: &groups,
        };
        let svg = plot.svg().unwrap();
        for text in ["a title", "one", "two", "first", "second"] {
            assert!(svg.contains(text), "{text}");
        }
        // The legend has a square of each colour.
        assert_eq!((bars(&svg, 0), bars(&svg, 1)), (1 + 2, 1 + 1));
        let axis = plot.axis();
        assert!(axis.contains(&0.25) && axis.contains(&30.0));
    }

    #[test]
    fn nothing_to_show_is_an_empty_plot() {
        let plot = Bars {
            title: "empty",
            series: &[],
            groups: &[],
        };
        assert!(plot.svg().unwrap().contains("empty"));
    }
}
