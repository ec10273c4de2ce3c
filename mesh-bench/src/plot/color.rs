//! Colours that people with any kind of sight can tell apart.

use plotters::style::RGBColor;

/// The colours of Okabe and Ito without yellow, which is too light for lines.
const COLORS: [RGBColor; 7] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(86, 180, 233),
    RGBColor(230, 159, 0),
    RGBColor(0, 0, 0),
];

/// The colour of the series `index`; they come round after seven.
pub(crate) fn color(index: usize) -> RGBColor {
    COLORS[index % COLORS.len()]
}
