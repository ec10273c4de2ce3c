//! A picture as an SVG file.

use super::file::HeapMap;
use super::picture::{CELL, MARGIN, Picture, WIDTH};
use crate::plot::color;
use anyhow::{Context, Result, bail};
use plotters::prelude::*;
use std::path::Path;

/// What the colours mean, with the share of the slots in use.
const LEGEND: [(&str, Option<f64>); 5] = [
    ("empty", Some(0.0)),
    ("a quarter in use", Some(0.25)),
    ("half", Some(0.5)),
    ("full", Some(1.0)),
    ("leaves its group", None),
];

/// Draws titled maps into a file, and says what is in them.
pub(super) fn titled(maps: &[(String, HeapMap)], output: &Path) -> Result<()> {
    if maps.iter().all(|(_, map)| map.spans() == 0) {
        bail!("no spans to draw");
    }
    Picture::of(maps).write(output)?;
    for (title, map) in maps {
        println!("{title}: {}", map.summary());
    }
    Ok(())
}

impl Picture {
    /// Writes the picture.
    fn write(&self, path: &Path) -> Result<()> {
        std::fs::write(path, self.svg()?).with_context(|| path.display().to_string())
    }

    /// The picture as the text of an SVG file.
    fn svg(&self) -> Result<String> {
        let mut text = String::new();
        let size = (WIDTH.unsigned_abs(), (self.height + MARGIN).unsigned_abs());
        self.draw(SVGBackend::with_string(&mut text, size))
            .map_err(|error| anyhow::anyhow!("the picture: {error}"))?;
        Ok(text)
    }

    fn draw(&self, backend: SVGBackend<'_>) -> Result<(), Box<dyn std::error::Error>> {
        let area = backend.into_drawing_area();
        area.fill(&WHITE)?;
        let font = |size: i32| ("sans-serif", size).into_font().color(&BLACK);
        let mut x = MARGIN;
        for (name, full) in LEGEND {
            cell(&area, (x, MARGIN), full)?;
            area.draw_text(name, &font(12), (x + CELL + 6, MARGIN - 1))?;
            x += 120;
        }
        outline(&area, (x, MARGIN), (x + 2 * CELL + 3, MARGIN + CELL))?;
        area.draw_text(
            "spans on one physical span",
            &font(12),
            (x + 30, MARGIN - 1),
        )?;
        for text in &self.texts {
            area.draw_text(&text.text, &font(text.size), (text.at.0, text.at.1 - 1))?;
        }
        for place in &self.cells {
            cell(&area, place.at, place.full)?;
        }
        for around in &self.outlines {
            outline(&area, around.from, around.to)?;
        }
        area.present()?;
        Ok(())
    }
}

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;
type Drawn = Result<(), Box<dyn std::error::Error>>;

/// A span: the fuller, the darker.
fn cell(area: &Area<'_>, at: (i32, i32), full: Option<f64>) -> Drawn {
    let corners = [at, (at.0 + CELL, at.1 + CELL)];
    let frame = BLACK.mix(0.35).stroke_width(1);
    if let Some(full) = full {
        let shade = color(0).mix(full.clamp(0.0, 1.0)).filled();
        area.draw(&Rectangle::new(corners, shade))?;
    } else {
        area.draw(&PathElement::new(corners, frame))?;
    }
    area.draw(&Rectangle::new(corners, frame))?;
    Ok(())
}

/// Around the spans of a group.
fn outline(area: &Area<'_>, from: (i32, i32), to: (i32, i32)) -> Drawn {
    let corners = [(from.0 - 1, from.1 - 1), (to.0 + 1, to.1 + 1)];
    let style = color(1).stroke_width(2);
    area.draw(&Rectangle::new(corners, style))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::file::tests::MAP;
    use super::*;

    #[test]
    fn every_span_and_group_is_drawn() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("map");
        std::fs::write(&file, MAP).unwrap();
        let map = HeapMap::read(&file).unwrap();
        let empty = Picture::of(&[]).svg().unwrap();
        let svg = Picture::of(&[("a heap".into(), map)]).svg().unwrap();
        for text in [
            "a heap: 4 spans",
            "256 B: 3 spans, 1 groups, 69% in use",
            "320 B",
        ] {
            assert!(svg.contains(text), "{text}");
        }
        let outlines = |svg: &str| {
            let RGBColor(r, g, b) = color(1);
            svg.matches(&format!("stroke=\"#{r:02X}{g:02X}{b:02X}\""))
                .count()
        };
        assert_eq!(outlines(&svg), outlines(&empty) + 1);
        let rectangles = |svg: &str| svg.matches("<rect").count();
        // A shade and a frame for each of three spans, a frame for the one that leaves, and the outline.
        assert_eq!(rectangles(&svg), rectangles(&empty) + 3 * 2 + 1 + 1);
    }
}
