//! Where each span of a picture is, and what it looks like: a cell for each virtual span, class by class.

use super::file::{Class, HeapMap, Place, Span};

/// Pixels: the picture's width, its margins, and a cell with the gap behind it.
pub(super) const WIDTH: i32 = 960;
pub(super) const MARGIN: i32 = 16;
const LABELS: i32 = 250;
pub(super) const CELL: i32 = 9;
const STEP: i32 = 12;
const PER_ROW: usize = ((WIDTH - LABELS - MARGIN) / STEP) as usize;
const TITLE: i32 = 40;
const LEGEND: i32 = 28;

/// A picture of one or several heaps.
#[derive(Debug, PartialEq)]
pub(super) struct Picture {
    pub(super) height: i32,
    pub(super) texts: Vec<Text>,
    pub(super) cells: Vec<Cell>,
    /// Outlines around the cells of a group: one for each row that it is in.
    pub(super) outlines: Vec<Outline>,
}

#[derive(Debug, PartialEq)]
pub(super) struct Text {
    pub(super) at: (i32, i32),
    pub(super) size: i32,
    pub(super) text: String,
}

#[derive(Debug, PartialEq)]
pub(super) struct Cell {
    pub(super) at: (i32, i32),
    /// The share of its slots that is in use; `None` for one that is about to leave its group.
    pub(super) full: Option<f64>,
}

#[derive(Debug, PartialEq)]
pub(super) struct Outline {
    pub(super) from: (i32, i32),
    pub(super) to: (i32, i32),
}

impl Picture {
    /// Of maps with their titles, one above the other.
    pub(super) fn of(maps: &[(String, HeapMap)]) -> Self {
        let mut picture = Self {
            height: MARGIN + LEGEND,
            texts: Vec::new(),
            cells: Vec::new(),
            outlines: Vec::new(),
        };
        for (title, map) in maps {
            picture.text(MARGIN, 18, format!("{title}: {}", map.summary()));
            picture.height += TITLE;
            for class in map.classes.iter().filter(|class| !class.spans.is_empty()) {
                picture.class(class);
            }
            picture.height += MARGIN;
        }
        picture
    }

    fn text(&mut self, x: i32, size: i32, text: String) {
        self.texts.push(Text {
            at: (x, self.height),
            size,
            text,
        });
    }

    fn class(&mut self, class: &Class) {
        let full = class.occupancy().unwrap_or(0.0) * 100.0;
        let (spans, groups) = (class.spans.len(), class.groups().len());
        let label = format!(
            "{} B: {spans} spans, {groups} groups, {full:.0}% in use",
            class.size
        );
        self.text(MARGIN, 12, label);
        let ordered = in_order(&class.spans);
        let mut outline: Option<(Place, Outline)> = None;
        for (index, span) in ordered.iter().enumerate() {
            let row = (index / PER_ROW) as i32;
            let column = (index % PER_ROW) as i32;
            let at = (LABELS + column * STEP, self.height + row * STEP);
            let alive = span.place != Place::Leftover;
            let full = span.live as f64 / class.slots.max(1) as f64;
            self.cells.push(Cell {
                at,
                full: alive.then_some(full),
            });
            let corner = (at.0 + CELL, at.1 + CELL);
            match &mut outline {
                Some((place, around)) if *place == span.place && around.from.1 == at.1 => {
                    around.to = corner;
                }
                _ => {
                    self.outlines
                        .extend(outline.take().map(|(_, around)| around));
                    if matches!(span.place, Place::Group(_)) {
                        let around = Outline {
                            from: at,
                            to: corner,
                        };
                        outline = Some((span.place, around));
                    }
                }
            }
        }
        self.outlines.extend(outline.map(|(_, around)| around));
        self.height += ordered.len().div_ceil(PER_ROW) as i32 * STEP + STEP / 2;
    }
}

/// Spans on pages of their own by address, then groups, each with its spans together, then leftovers.
fn in_order(spans: &[Span]) -> Vec<Span> {
    let mut ordered = spans.to_vec();
    ordered.sort_by_key(|span| match span.place {
        Place::Alone => (0, 0, span.page),
        Place::Group(leader) => (1, leader, span.page),
        Place::Leftover => (2, 0, span.page),
    });
    ordered
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(page: u64, live: u64, place: Place) -> Span {
        Span { page, live, place }
    }

    fn picture(spans: Vec<Span>) -> Picture {
        let class = Class {
            size: 256,
            slots: 16,
            pages: 1,
            spans,
        };
        let map = HeapMap {
            page_size: 4096,
            classes: vec![class],
        };
        Picture::of(&[("a heap".into(), map)])
    }

    #[test]
    fn spans_of_a_group_stand_together_in_one_outline() {
        let picture = picture(vec![
            span(5, 1, Place::Group(7)),
            span(9, 16, Place::Alone),
            span(1, 2, Place::Group(3)),
            span(8, 4, Place::Group(7)),
            span(2, 0, Place::Leftover),
            span(3, 8, Place::Group(3)),
        ]);
        let full: Vec<_> = picture.cells.iter().map(|cell| cell.full).collect();
        let sixteenths = |live: f64| Some(live / 16.0);
        let expected = [16.0, 2.0, 8.0, 1.0, 4.0].map(sixteenths);
        assert_eq!(full[..5], expected);
        assert_eq!(full[5], None);
        let around: Vec<_> = picture.outlines.iter().map(|o| (o.from, o.to)).collect();
        let at = |index: usize| picture.cells[index].at;
        let corner = |index: usize| (at(index).0 + CELL, at(index).1 + CELL);
        assert_eq!(around, [(at(1), corner(2)), (at(3), corner(4))]);
    }

    #[test]
    fn rows_are_full_before_the_next_begins() {
        let picture = picture(
            (0..200)
                .map(|page| span(page, 1, Place::Group(0)))
                .collect(),
        );
        let rows = 200usize.div_ceil(PER_ROW);
        assert_eq!(picture.outlines.len(), rows);
        assert!(picture.cells.iter().all(|cell| cell.at.0 + CELL < WIDTH));
        let lowest = picture.cells.iter().map(|cell| cell.at.1 + CELL).max();
        assert!(lowest < Some(picture.height));
        let mut places: Vec<_> = picture.cells.iter().map(|cell| cell.at).collect();
        places.sort_unstable();
        places.dedup();
        assert_eq!(places.len(), 200);
    }
}
