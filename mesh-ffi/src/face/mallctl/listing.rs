//! All that can be read by name, as JSON.

#[cfg(jemalloc_names)]
use super::figure::Figure;
use super::names::{BINS, ROOT};
use super::tree::{Names, Node, Numbers, Way};
use super::value::Value;
use crate::face::output::Output;
use crate::ground::line::Line;
use crate::ground::tls;

/// Spaces before a line, two for each level.
const INDENT: &str = "                ";

/// Writes all of it as members of an object that has been begun, so many levels deep. The calling thread is outside of the heap.
pub(crate) fn list(output: &mut Output, depth: usize) {
    if let Node::Names(root) = &ROOT {
        members(output, depth, root, &Way::begin());
    }
}

/// A new line, so many levels deep; of a member or element that is not the first one.
fn begin(depth: usize, is_first: bool) -> Line {
    let mut line = Line::bare();
    line.text(INDENT.get(..2 * depth).unwrap_or(INDENT));
    line.text(if is_first { "  " } else { ", " });
    line
}

fn members(output: &mut Output, depth: usize, names: &Names, way: &Way) {
    let mut is_first = true;
    for (name, node) in names.names().zip(names.nodes) {
        let mut line = begin(depth, is_first);
        line.text("\"").text(name).text("\": ");
        if let Node::Leaf(leaf) = node {
            let Some(value) = tls::within(|| leaf.value(way)) else {
                continue;
            };
            output.line(add(&mut line, value));
        } else {
            inner(output, depth + 1, line, node, way);
        }
        is_first = false;
    }
}

/// What is behind a name, which the line ends with.
fn inner(output: &mut Output, depth: usize, mut line: Line, node: &Node, way: &Way) {
    let close = match node {
        Node::Leaf(_) => return,
        Node::Names(names) => {
            output.line(line.text("{"));
            members(output, depth, names, way);
            "}"
        }
        // The first arena is all there is.
        Node::Numbers(Numbers::Arenas, next) => {
            output.line(line.text("{"));
            let mut number = begin(depth, true);
            number.text("\"0\": ");
            inner(output, depth + 1, number, next, way);
            "}"
        }
        Node::Numbers(Numbers::Bins, next) => {
            output.line(line.text("["));
            for class in 0..BINS {
                let mut line = begin(depth, class == 0);
                element(&mut line, next, &Way::to_class(class));
                output.line(&mut line);
            }
            "]"
        }
    };
    output.line(begin(depth - 1, true).text(close));
}

/// Adds an object that fits one line.
fn element(line: &mut Line, node: &Node, way: &Way) {
    let Node::Names(names) = node else { return };
    let mut between = "{\"";
    for (name, node) in names.names().zip(names.nodes) {
        let Node::Leaf(leaf) = node else { continue };
        if let Some(value) = tls::within(|| leaf.value(way)) {
            line.text(between).text(name).text("\": ");
            add(line, value);
            between = ", \"";
        }
    }
    line.text("}");
}

fn add(line: &mut Line, value: Value) -> &mut Line {
    match value {
        Value::Size(value) => line.number(value),
        Value::Count(value) => line.number(value as usize),
        Value::Unsigned(value) => line.number(value as usize),
        Value::Signed(value) => {
            line.text(if value < 0 { "-" } else { "" });
            line.number(value.unsigned_abs() as usize)
        }
        Value::Bool(value) => line.text(if value { "true" } else { "false" }),
        Value::Text(text) => line.text("\"").raw(text.to_bytes()).text("\""),
    }
}

/// Writes the figures that jemalloc's summary begins with, on one line.
#[cfg(jemalloc_names)]
pub(crate) fn write_totals(output: &mut Output) {
    let figures = [
        ("Allocated: ", Figure::Allocated),
        (", active: ", Figure::Active),
        (", metadata: ", Figure::Metadata),
        (", resident: ", Figure::Resident),
        (", mapped: ", Figure::Mapped),
        (", retained: ", Figure::Retained),
    ];
    let mut line = Line::bare();
    for (name, figure) in figures {
        let value = tls::within(|| figure.value());
        add(line.text(name), value);
    }
    output.line(&mut line);
}
