//! Plots as SVG files.

mod bars;
mod color;
mod lines;

pub(crate) use bars::{Bars, Group};
pub(crate) use color::color;
pub(crate) use lines::{Line, Lines};
