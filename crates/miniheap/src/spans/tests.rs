//! Spans against the simplest record of what is in use.
