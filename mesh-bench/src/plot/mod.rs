//! Plots as SVG files.

mod color;
mod lines;

pub(crate) use color::color;
pub(crate) use lines::{Line, Lines};
