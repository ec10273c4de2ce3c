//! The outcome as a table with bars, or as JSON.

use super::outcome::{Outcome, PAGE};
use super::plan::{Keep, Plan};
use crate::bars;
use crate::bytes::Mebibytes;
use crate::table;
use anyhow::Result;
use serde::Serialize;

const BAR_WIDTH: usize = 48;

/// A table of all figures, and three bars for each allocator.
pub(crate) fn print(plan: &Plan, outcomes: &[(&str, Outcome)]) {
    let sizes: Vec<String> = plan.sizes.iter().map(ToString::to_string).collect();
    let keep = match plan.keep {
        Keep::Share(share) => format!("{} kept at random", table::percent(Some(share))),
        Keep::Every(step) => format!("one in {step} kept"),
    };
    println!(
        "{} MiB in objects of {} bytes, {keep}, {} s of wait, seed {}",
        Mebibytes(plan.total as f64),
        sizes.join(", "),
        plan.wait_s,
        plan.seed
    );
    println!(
        "MiB of physical memory of the heap, above the process before its first object: Pss + page tables, or the charge of its control group where that is more\n"
    );
    println!("{}\n", figures(outcomes));
    let scale = outcomes
        .iter()
        .map(|(_, outcome)| outcome.full.bytes())
        .max()
        .unwrap_or(0);
    for (name, outcome) in outcomes {
        print_bars(name, outcome, scale as f64);
    }
    println!(
        "bound: pages beyond ⌈live slots / slots per span⌉ spans for each size that malloc_usable_size reports,"
    );
    println!(
        "a span being the smallest run of pages with two slots or more and at most 2% left over"
    );
}

fn figures(outcomes: &[(&str, Outcome)]) -> comfy_table::Table {
    let header = [
        "allocator",
        "live",
        "all live",
        "freed",
        "after wait",
        "rewritten",
        "released pages",
        "bound",
        "share",
        "mappings",
        "MiB per 1,000",
        "verified",
    ];
    let mut figures = table::new(1, &header);
    for (name, outcome) in outcomes {
        let mebibytes = |bytes: u64| Mebibytes(bytes as f64).to_string();
        figures.add_row([
            (*name).into(),
            mebibytes(outcome.live_bytes),
            mebibytes(outcome.full.bytes()),
            mebibytes(outcome.freed.bytes()),
            mebibytes(outcome.settled.bytes()),
            mebibytes(outcome.rewritten.bytes()),
            outcome.released_pages().to_string(),
            outcome.releasable_pages().to_string(),
            table::percent(outcome.released_share()),
            outcome.mappings_added.to_string(),
            table::mebibytes(outcome.released_per_thousand()),
            if outcome.damage.is_none() {
                "yes".into()
            } else {
                "NO".to_string()
            },
        ]);
    }
    figures
}

fn print_bars(name: &str, outcome: &Outcome, scale: f64) {
    let rows = [
        ("all live", outcome.full.bytes()),
        ("freed", outcome.freed.bytes()),
        ("after wait", outcome.settled.bytes()),
        ("least possible", outcome.minimum_pages * PAGE),
    ];
    for (row, (label, bytes)) in rows.into_iter().enumerate() {
        let name = if row == 0 { name } else { "" };
        let bar = bars::bar(bytes as f64, scale, BAR_WIDTH);
        println!("{name:<14}{label:<15} {bar} {}", Mebibytes(bytes as f64));
    }
    println!();
}

#[derive(Serialize)]
struct Line<'a> {
    allocator: &'a str,
    plan: &'a Plan,
    released_pages: u64,
    releasable_pages: u64,
    released_share: Option<f64>,
    outcome: &'a Outcome,
}

/// One line of JSON for each allocator.
pub(crate) fn print_json(plan: &Plan, outcomes: &[(&str, Outcome)]) -> Result<()> {
    for (allocator, outcome) in outcomes {
        let line = Line {
            allocator,
            plan,
            released_pages: outcome.released_pages(),
            releasable_pages: outcome.releasable_pages(),
            released_share: outcome.released_share(),
            outcome,
        };
        println!("{}", serde_json::to_string(&line)?);
    }
    Ok(())
}
