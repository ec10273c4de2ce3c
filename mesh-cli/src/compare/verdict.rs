//! What the records of a comparison mean, in a sentence.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::units::bytes;

/// One measured run, as `mesh-bench` writes it.
#[derive(Clone, Deserialize)]
pub(super) struct Run {
    allocator: String,
    user_s: f64,
    system_s: f64,
    peak_bytes: f64,
    mean_bytes: Option<f64>,
}

/// The runs of a file with a line of JSON for each.
pub(super) fn read(path: &Path) -> Result<Vec<Run>> {
    let text = fs::read_to_string(path)?;
    text.lines()
        .map(|line| serde_json::from_str(line).with_context(|| line.to_owned()))
        .collect()
}

/// Medians of the runs under one allocator.
#[derive(Clone, Copy)]
struct Typical {
    /// Mean physical memory over time; the highest where that was not measured.
    memory: f64,
    seconds: f64,
}

/// Ours, and what programs have without it.
const OURS: &str = "mesh";
const USUAL: &str = "glibc";

/// Names that are ours in another form.
fn is_peer(name: &str) -> bool {
    !name.starts_with(OURS) && !name.ends_with(" again")
}

/// Differences below this part are none.
const LEAST: f64 = 0.03;

/// More processor time than this part is a price that has to be named first.
const DEAR: f64 = 0.25;

/// Programs that take fewer seconds are over before their memory says anything.
const SHORT: f64 = 0.5;

/// Says whether Mesh helps.
pub(super) fn verdict(runs: &[Run]) -> String {
    let all = typical(runs);
    let (Some(ours), Some(usual)) = (all.get(OURS), all.get(USUAL)) else {
        return "No verdict: the command did not run under both Mesh and glibc.".to_owned();
    };
    let noise = noise(&all).max(LEAST);
    let less = 1.0 - ours.memory / usual.memory;
    let faster = 1.0 - ours.seconds / usual.seconds;
    let words = if less > noise && faster < -DEAR {
        "Mesh saves this program memory at the price of time"
    } else if less > noise {
        "Mesh helps this program"
    } else if less < -noise {
        "Mesh costs this program memory"
    } else {
        "Mesh makes no difference to this program's memory"
    };
    let memory = format!(
        "{} on average instead of glibc's {} ({})",
        bytes(ours.memory as u64),
        bytes(usual.memory as u64),
        change(less, "less", "more")
    );
    let time = change(faster, "less", "more");
    let doubt = if usual.seconds < SHORT {
        " It ran for so short a time that this says little about longer runs."
    } else {
        ""
    };
    format!(
        "{words}: {memory}, for {time} processor time{}.{doubt}",
        better(&all, noise)
    )
}

/// A part as hundredths.
fn change(part: f64, less: &str, more: &str) -> String {
    let hundredths = (part.abs() * 100.0).round();
    match part {
        _ if hundredths == 0.0 => "as much".to_owned(),
        part if part > 0.0 => format!("{hundredths}% {less}"),
        _ => format!("{hundredths}% {more}"),
    }
}

/// The peer that needs clearly less memory than ours, if there is one.
fn better(all: &BTreeMap<&str, Typical>, noise: f64) -> String {
    let ours = all.get(OURS).map_or(0.0, |ours| ours.memory);
    let best = all
        .iter()
        .filter(|(name, _)| is_peer(name))
        .min_by(|(_, one), (_, other)| one.memory.total_cmp(&other.memory));
    match best {
        Some((name, best)) if best.memory < ours * (1.0 - noise) => {
            format!("; {name} does with {}", bytes(best.memory as u64))
        }
        _ => String::new(),
    }
}

fn typical(runs: &[Run]) -> BTreeMap<&str, Typical> {
    let mut by_name: BTreeMap<&str, Vec<&Run>> = BTreeMap::new();
    for run in runs {
        by_name.entry(&run.allocator).or_default().push(run);
    }
    let median_of = |runs: &[&Run], figure: fn(&Run) -> f64| {
        median(runs.iter().map(|run| figure(run)).collect())
    };
    let typical = |runs: Vec<&Run>| Typical {
        memory: median_of(&runs, |run| run.mean_bytes.unwrap_or(run.peak_bytes)),
        seconds: median_of(&runs, |run| run.user_s + run.system_s),
    };
    by_name
        .into_iter()
        .map(|(name, runs)| (name, typical(runs)))
        .collect()
}

/// How much the same allocator differs from itself under another name.
fn noise(all: &BTreeMap<&str, Typical>) -> f64 {
    let differences = all.iter().filter_map(|(name, again)| {
        let first = all.get(name.strip_suffix(" again")?)?;
        Some((1.0 - again.memory / first.memory).abs())
    });
    differences.fold(0.0, f64::max)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => 0.0,
        len if len % 2 == 1 => values[middle],
        _ => f64::midpoint(values[middle - 1], values[middle]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: f64 = 1_048_576.0;

    fn runs(figures: &[(&str, f64, f64)]) -> Vec<Run> {
        let run = |&(name, mebibytes, seconds): &(&str, f64, f64)| Run {
            allocator: name.to_owned(),
            user_s: seconds,
            system_s: 0.0,
            peak_bytes: 2.0 * mebibytes * MIB,
            mean_bytes: Some(mebibytes * MIB),
        };
        figures.iter().map(run).collect()
    }

    #[test]
    fn less_memory_is_help() {
        let words = verdict(&runs(&[("mesh", 60.0, 1.1), ("glibc", 100.0, 1.0)]));
        let expected = "Mesh helps this program: 60.0 MiB on average instead of glibc's 100.0 MiB (40% less), \
                        for 10% more processor time.";
        assert_eq!(words, expected);
    }

    #[test]
    fn a_price_is_named_and_so_is_a_short_run() {
        let words = verdict(&runs(&[("mesh", 60.0, 1.3), ("glibc", 100.0, 1.0)]));
        assert!(
            words.starts_with("Mesh saves this program memory at the price of time"),
            "{words}"
        );
        assert!(words.ends_with("for 30% more processor time."), "{words}");
        let words = verdict(&runs(&[("mesh", 60.0, 0.1), ("glibc", 100.0, 0.1)]));
        assert!(words.starts_with("Mesh helps"), "{words}");
        assert!(words.ends_with("says little about longer runs."), "{words}");
    }

    #[test]
    fn what_is_lost_in_the_noise_is_no_difference() {
        let near = [("mesh", 98.0, 1.0), ("glibc", 100.0, 1.0)];
        assert!(verdict(&runs(&near)).starts_with("Mesh makes no difference"));
        let noisy = [
            ("mesh", 90.0, 1.0),
            ("glibc", 100.0, 1.0),
            ("glibc again", 115.0, 1.0),
        ];
        assert!(verdict(&runs(&noisy)).starts_with("Mesh makes no difference"));
    }

    #[test]
    fn more_memory_is_told_and_so_is_a_better_peer() {
        let words = verdict(&runs(&[
            ("mesh", 120.0, 1.0),
            ("mesh-nomesh", 50.0, 1.0),
            ("glibc", 100.0, 1.0),
            ("jemalloc", 80.0, 1.0),
            ("jemalloc again", 79.0, 1.0),
        ]));
        assert!(
            words.starts_with("Mesh costs this program memory"),
            "{words}"
        );
        assert!(words.ends_with("; jemalloc does with 80.0 MiB."), "{words}");
        assert!(words.contains("as much processor time"), "{words}");
    }

    #[test]
    fn the_median_counts() {
        let words = verdict(&runs(&[
            ("mesh", 60.0, 1.0),
            ("mesh", 62.0, 1.0),
            ("mesh", 500.0, 1.0),
            ("glibc", 100.0, 1.0),
            ("glibc", 102.0, 1.0),
        ]));
        assert!(
            words.contains("62.0 MiB on average instead of glibc's 101.0 MiB"),
            "{words}"
        );
        assert!(verdict(&runs(&[("mesh", 1.0, 1.0)])).starts_with("No verdict"));
    }
}
