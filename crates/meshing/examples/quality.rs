//! How many pages each search releases, and how fast.
//!
//! `cargo run --release -p mesh-meshing --example quality [spans]` prints, for spans of 8 to 256
//! slots and several occupancies: the bound on the pages that can be released (no group has more
//! live slots than a span has slots), what one pass of SplitMesher finds, what repeated passes find
//! in the time that ComplementMesher takes, and what ComplementMesher finds. Times are wall times of
//! the search alone: the median of five runs.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

#[path = "../tests/search/draw.rs"]
mod draw;

use draw::Occupancy;
use meshing::{Budget, Candidate, ComplementMesher, Merge, Mesher, SplitMesher};
use rand_pcg::Pcg32;

const SEED: u64 = 20190622;
const RUNS: usize = 5;

fn main() {
    let spans = std::env::args()
        .nth(1)
        .and_then(|n| n.parse().ok())
        .unwrap_or(8_000);
    println!("{spans} spans, seed {SEED}");
    println!(
        "{:>5} {:>9} | {:>6} | {:>6} {:>8} | {:>6} {:>6} | {:>6} {:>5} {:>8} {:>7} {:>6}",
        "slots",
        "live %",
        "bound",
        "split",
        "ms",
        "passes",
        "split",
        "compl.",
        "%",
        "ms",
        "Msteps",
        "ratio"
    );
    for slots in [8, 16, 32, 64, 128, 256] {
        for percent in [10, 20, 30, 40, 50, 60, 70] {
            report(spans, slots, &Occupancy::Equal(f64::from(percent) / 100.0));
        }
        for (low, high) in [(5, 25), (10, 50), (15, 50), (20, 60), (30, 70), (40, 80)] {
            let share = |percent: i32| f64::from(percent) / 100.0;
            report(spans, slots, &Occupancy::Spread(share(low), share(high)));
        }
        report(spans, slots, &Occupancy::Exactly(slots * 3 / 8));
        println!();
    }
}

/// Prints one line.
fn report(count: usize, slots: usize, occupancy: &Occupancy) {
    let mut rng = Pcg32::new(SEED, slots as u64);
    let spans = draw::spans(count, slots, occupancy, &mut rng);
    let live: usize = spans.iter().map(|span| span.live.len()).sum();
    let bound = count - live.div_ceil(slots);

    let mut split = SplitMesher::<64>::new(rng);
    let one = timed(&mut split.clone(), &spans, slots);
    let complement = timed(&mut ComplementMesher, &spans, slots);
    let (passes, many) = repeated(&mut split, &spans, slots, complement.time);

    let label = match *occupancy {
        Occupancy::Equal(p) => format!("{:.0}", p * 100.0),
        Occupancy::Exactly(live) => format!("{live} slots"),
        Occupancy::Spread(low, high) => format!("{:.0} to {:.0}", low * 100.0, high * 100.0),
    };
    println!(
        "{slots:>5} {label:>9} | {bound:>6} | {:>6} {:>8.2} | {passes:>6} {many:>6} | {:>6} {:>5.1} {:>8.2} {:>7.2} {:>6.1}",
        one.pages,
        millis(one.time),
        complement.pages,
        100.0 * complement.pages as f64 / bound.max(1) as f64,
        millis(complement.time),
        complement.steps as f64 / 1e6,
        complement.pages as f64 / many.max(1) as f64,
    );
}

struct Result {
    pages: usize,
    steps: u64,
    time: Duration,
}

/// Searches several times from the same start.
fn timed<M: Mesher>(mesher: &mut M, spans: &[Candidate], slots: usize) -> Result {
    let mut times = Vec::new();
    let (mut pages, mut steps) = (0, 0);
    for _ in 0..RUNS {
        let (merges, used, time) = search(mesher, spans, slots);
        times.push(time);
        (pages, steps) = (merges.len(), used);
    }
    times.sort();
    Result {
        pages,
        steps,
        time: times[RUNS / 2],
    }
}

/// Passes until the time is used up, each over what the one before left.
fn repeated<M: Mesher>(
    mesher: &mut M,
    spans: &[Candidate],
    slots: usize,
    time: Duration,
) -> (usize, usize) {
    let mut spans = spans.to_vec();
    let (mut passes, mut pages, mut spent) = (0, 0, Duration::ZERO);
    while passes == 0 || spent < time {
        let (merges, _, time) = search(mesher, &spans, slots);
        passes += 1;
        pages += merges.len();
        spent += time;
        for merge in merges {
            let joined = std::mem::take(&mut spans[merge.join as usize]);
            let keep = &mut spans[merge.keep as usize];
            keep.live = keep.live.union(&joined.live);
            keep.weight += joined.weight;
        }
        spans.retain(|span| !span.live.is_empty());
    }
    (passes, pages)
}

fn search<M: Mesher>(
    mesher: &mut M,
    spans: &[Candidate],
    slots: usize,
) -> (Vec<Merge>, u64, Duration) {
    let mut scratch = vec![0; M::scratch_words(spans.len(), slots)];
    let mut merges = Vec::with_capacity(spans.len());
    let mut budget = Budget::UNBOUNDED;
    let start = Instant::now();
    mesher.find(spans, slots, &mut scratch, &mut budget, |merge| {
        merges.push(merge);
        ControlFlow::Continue(())
    });
    let time = start.elapsed();
    (merges, Budget::UNBOUNDED.left() - budget.left(), time)
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
