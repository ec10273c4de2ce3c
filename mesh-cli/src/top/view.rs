//! What is on the screen.

use std::collections::VecDeque;

use published::{Class, ClassFigure, Figure};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Style, Stylize};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Cell, Paragraph, Row, Sparkline, Table};

use crate::process::Snapshot;
use crate::stats::{lines, pages};
use crate::units::{bytes, count};

/// Looks that the course of memory shows at most.
const COURSE: usize = 512;

/// Columns of a bar.
const BAR: u64 = 20;

pub(super) struct View {
    snapshot: Snapshot,
    /// Physical memory at each look so far.
    course: VecDeque<u64>,
    /// Meshes and cycles at the look before, and since then.
    before: Option<(u64, u64)>,
    since: (u64, u64),
    scrolled: usize,
    has_ended: bool,
}

impl View {
    pub(super) fn new(snapshot: Snapshot) -> Self {
        let mut view = Self {
            before: None,
            since: (0, 0),
            course: VecDeque::new(),
            scrolled: 0,
            has_ended: false,
            snapshot,
        };
        view.note();
        view
    }

    pub(super) fn update(&mut self, snapshot: Snapshot) {
        self.snapshot = snapshot;
        self.note();
    }

    /// The process is no more: what was seen last stays.
    pub(super) fn end(&mut self) {
        self.has_ended = true;
    }

    pub(super) fn scroll(&mut self, by: i32) {
        let step = by.unsigned_abs() as usize;
        self.scrolled = if by < 0 {
            self.scrolled.saturating_sub(step)
        } else {
            self.scrolled.saturating_add(step)
        };
    }

    fn note(&mut self) {
        if let Some(physical) = self.snapshot.physical {
            self.course.push_back(physical.total());
            if self.course.len() > COURSE {
                self.course.pop_front();
            }
        }
        if let Ok(figures) = &self.snapshot.figures {
            let figure = |which| figures.image.figure(which);
            let now = (figure(Figure::MeshCount), figure(Figure::Cycles));
            let (meshes, cycles) = self.before.unwrap_or(now);
            self.since = (now.0.saturating_sub(meshes), now.1.saturating_sub(cycles));
            self.before = Some(now);
        }
    }
}

pub(super) fn draw(view: &mut View, frame: &mut Frame<'_>) {
    let lines = totals(view);
    let height = u16::try_from(lines.len()).unwrap_or(u16::MAX);
    let [head, course, classes, foot] = Layout::vertical([
        Constraint::Length(height),
        Constraint::Length(4),
        Constraint::Min(3),
        Constraint::Length(1),
    ])
    .areas(frame.area());
    frame.render_widget(Paragraph::new(lines), head);
    draw_course(view, frame, course);
    draw_classes(view, frame, classes);
    let keys = "q quits   ↑ ↓ scroll the classes";
    frame.render_widget(Line::from(keys).dark_gray(), foot);
}

/// The lines at the top.
fn totals(view: &View) -> Vec<Line<'static>> {
    let seen = &view.snapshot;
    let physical = match seen.physical {
        Some(physical) => bytes(physical.total()),
        None => "not to be read".to_owned(),
    };
    let mut title = vec![
        format!("{} ({})", seen.name, seen.pid).bold(),
        Span::raw(format!("   physical memory {physical}")),
    ];
    if view.has_ended {
        title.push("   the process has ended".red());
    }
    let mut all = vec![Line::from(title)];
    let name = |name: &str| Span::styled(format!("  {name:20}"), Style::new().cyan());
    match &seen.figures {
        Ok(figures) => {
            for (label, value) in lines(figures) {
                all.push(Line::from(vec![name(label), value.into()]));
            }
            let (meshes, cycles) = view.since;
            let now = format!("{} spans in {} cycles", count(meshes), count(cycles));
            all.push(Line::from(vec![name("since the last look"), now.into()]));
        }
        Err(absence) => {
            let words = absence.words("top", seen.pid);
            all.push(Line::from(vec![name("heap"), words.yellow()]));
        }
    }
    all
}

fn draw_course(view: &View, frame: &mut Frame<'_>, area: Rect) {
    let most = view.course.iter().copied().max().unwrap_or(0);
    let title = format!(" physical memory, at most {} ", bytes(most));
    let width = usize::from(area.width);
    let skipped = view.course.len().saturating_sub(width);
    let data: Vec<u64> = view.course.iter().copied().skip(skipped).collect();
    let course = Sparkline::default()
        .block(Block::new().title(title))
        .data(&data)
        .style(Color::Green);
    frame.render_widget(course, area);
}

fn draw_classes(view: &mut View, frame: &mut Frame<'_>, area: Rect) {
    let Ok(figures) = &view.snapshot.figures else {
        return;
    };
    let all: Vec<_> = figures.image.classes().collect();
    let room = usize::from(area.height.saturating_sub(1));
    view.scrolled = view.scrolled.min(all.len().saturating_sub(room));
    let rows = all.into_iter().skip(view.scrolled).map(row);
    let widths = [10, 11, 8, 9, 8, BAR as u16 + 6, 11].map(Constraint::Length);
    let heads = [
        "object", "in use", "spans", "physical", "groups", "filled", "saved",
    ];
    let table = Table::new(rows, widths).header(Row::new(heads).bold());
    frame.render_widget(table, area);
}

fn row(class: &Class) -> Row<'static> {
    let figure = |which| class.figure(which);
    let filled = class.filled().unwrap_or(0);
    let color = if figure(ClassFigure::Apart) != 0 {
        Color::DarkGray
    } else {
        Color::Reset
    };
    Row::new([
        Cell::from(count(figure(ClassFigure::ObjectSize))),
        Cell::from(count(figure(ClassFigure::Live))),
        Cell::from(count(figure(ClassFigure::Spans))),
        Cell::from(count(figure(ClassFigure::PhysicalSpans))),
        Cell::from(count(figure(ClassFigure::Groups))),
        Cell::from(format!("{} {filled:>3}%", bar(filled))),
        Cell::from(pages(class.pages_saved())),
    ])
    .style(color)
}

/// A bar for so many hundredths.
fn bar(hundredths: u64) -> String {
    let full = (hundredths.min(100) * BAR / 100) as usize;
    "█".repeat(full) + &"░".repeat(BAR as usize - full)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_as_long_as_they_say() {
        for (hundredths, full) in [(0, 0), (50, 10), (100, 20), (250, 20)] {
            let bar = bar(hundredths);
            assert_eq!(bar.chars().count(), 20);
            assert_eq!(bar.matches('█').count(), full, "{hundredths}");
        }
    }
}
