//! A line that shows how far a long measurement is; nothing where standard error is no terminal.

use indicatif::{ProgressBar, ProgressStyle};

/// A bar of `steps` steps with a message.
pub(crate) fn bar(steps: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:24} {pos}/{len} {elapsed} (left {eta}) {msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(steps as u64).with_style(style)
}
