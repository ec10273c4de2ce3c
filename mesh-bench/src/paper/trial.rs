//! What one trial of an experiment shows.

use super::quantity::Quantity;
use crate::course::Course;
use serde::Serialize;
use std::collections::BTreeMap;

/// What one trial showed.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Trial {
    /// Single figures, in the unit of the quantity.
    pub(crate) figures: BTreeMap<Quantity, f64>,
    /// How many bytes the program says are live: (seconds, bytes).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) live: Vec<(f64, f64)>,
    /// Physical memory.
    pub(crate) memory: Course,
}

impl Trial {
    /// A trial with the three figures of `memory`, and `more`.
    pub(crate) fn new(
        memory: Course,
        live: Vec<(f64, f64)>,
        more: impl IntoIterator<Item = (Quantity, f64)>,
    ) -> Self {
        let mut figures = BTreeMap::from([
            (Quantity::Mean, memory.mean_bytes),
            (Quantity::Peak, memory.peak_bytes as f64),
            (Quantity::Final, memory.final_bytes as f64),
        ]);
        figures.extend(more);
        Self {
            figures,
            live,
            memory,
        }
    }
}
