//! What is measured, in the order of the columns.

use crate::table;
use serde::Serialize;

/// A figure of a trial. Memory is physical, in bytes; times are in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Quantity {
    /// Time of the work.
    Time,
    /// CPU time in both modes.
    Cpu,
    /// Mean memory over time.
    Mean,
    /// Highest memory.
    Peak,
    /// Memory at the end.
    Final,
    /// The most bytes that were live at one time, as the program counts them.
    Live,
    /// What Redis thinks it uses.
    UsedMemory,
    /// Keys that are left.
    Keys,
    /// Keys `a:…` of them: the older ones.
    KeysA,
    /// Keys `b:…`.
    KeysB,
    /// From the last eviction until memory stays near its final value.
    Settling,
    /// The longest answer.
    Pause,
}

enum Unit {
    Bytes,
    Seconds,
    Milliseconds,
    Count,
}

impl Quantity {
    /// All of them, in order.
    pub(crate) const ALL: [Self; 12] = [
        Self::Time,
        Self::Cpu,
        Self::Mean,
        Self::Peak,
        Self::Final,
        Self::Live,
        Self::UsedMemory,
        Self::Keys,
        Self::KeysA,
        Self::KeysB,
        Self::Settling,
        Self::Pause,
    ];

    fn name_and_unit(self) -> (&'static str, Unit) {
        match self {
            Self::Time => ("time", Unit::Seconds),
            Self::Cpu => ("CPU", Unit::Seconds),
            Self::Mean => ("mean", Unit::Bytes),
            Self::Peak => ("peak", Unit::Bytes),
            Self::Final => ("final", Unit::Bytes),
            Self::Live => ("live", Unit::Bytes),
            Self::UsedMemory => ("used_memory", Unit::Bytes),
            Self::Keys => ("keys", Unit::Count),
            Self::KeysA => ("of a", Unit::Count),
            Self::KeysB => ("of b", Unit::Count),
            Self::Settling => ("settled after", Unit::Seconds),
            Self::Pause => ("longest pause", Unit::Milliseconds),
        }
    }

    /// Its name.
    pub(crate) fn name(self) -> &'static str {
        self.name_and_unit().0
    }

    /// Its name and unit as the head of a column of CSV.
    pub(crate) fn identifier(self) -> &'static str {
        match self {
            Self::Time => "time_s",
            Self::Cpu => "cpu_s",
            Self::Mean => "mean_bytes",
            Self::Peak => "peak_bytes",
            Self::Final => "final_bytes",
            Self::Live => "live_bytes",
            Self::UsedMemory => "used_memory_bytes",
            Self::Keys => "keys",
            Self::KeysA => "keys_a",
            Self::KeysB => "keys_b",
            Self::Settling => "settling_s",
            Self::Pause => "pause_s",
        }
    }

    /// The head of a column; without a unit: MiB or a number.
    pub(crate) fn head(self) -> String {
        match self.name_and_unit() {
            (name, Unit::Seconds) => format!("{name} s"),
            (name, Unit::Milliseconds) => format!("{name} ms"),
            (name, Unit::Bytes | Unit::Count) => name.to_owned(),
        }
    }

    /// A value in the unit of the column.
    pub(crate) fn show(self, value: Option<f64>) -> String {
        match self.name_and_unit().1 {
            Unit::Bytes => table::mebibytes(value),
            Unit::Seconds => table::number(value, 2),
            Unit::Milliseconds => table::number(value.map(|seconds| seconds * 1000.0), 1),
            Unit::Count => table::number(value, 0),
        }
    }

    /// A value with its unit, for a sentence.
    pub(crate) fn show_with_unit(self, value: f64) -> String {
        let unit = match self.name_and_unit().1 {
            Unit::Bytes => " MiB",
            Unit::Seconds => " s",
            Unit::Milliseconds => " ms",
            Unit::Count => "",
        };
        format!("{}{unit}", self.show(Some(value)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_quantities_are_listed_in_their_order() {
        assert!(Quantity::ALL.is_sorted());
        assert_eq!(Quantity::ALL.last(), Some(&Quantity::Pause));
    }

    #[test]
    fn values_are_shown_in_the_unit_of_their_column() {
        assert_eq!(Quantity::Peak.show(Some((3 << 19) as f64)), "1.5");
        assert_eq!(Quantity::Pause.show(Some(0.0021)), "2.1");
        assert_eq!(Quantity::Keys.show(None), "–");
        assert_eq!(Quantity::Settling.show_with_unit(1.5), "1.50 s");
        assert_eq!(Quantity::Pause.head(), "longest pause ms");
    }
}
