//! Plots as SVG files.

mod bars;
mod color;
mod lines;

pub(crate) use bars::{Bars, Cluster};
pub(crate) use color::color;
pub(crate) use lines::{Line, Lines};
