//! The profile for people.

use std::collections::{HashMap, HashSet};
use std::fmt::Write;

use anyhow::Result;
use heapprofile::Header;

use super::calls::Call;
use super::chains::Counts;
use super::unwound::Profile;
use crate::units::{bytes, count, printable};

/// What functions are sorted by.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// What lives.
    Live,
    /// All that was ever allocated.
    Allocated,
}

/// What a function allocated.
#[derive(Clone, Copy, Default)]
struct Share {
    /// Itself.
    own: Counts,
    /// And what it called.
    all: Counts,
}

/// Totals, and the `top` functions.
pub(crate) fn page(
    profile: &Profile,
    calls: &[Vec<Call>],
    order: Order,
    top: usize,
) -> Result<String> {
    let total = profile.chains.total();
    let mut text = printable(&profile.source.name) + "\n";
    let image = profile.source.image()?;
    for (name, value) in [
        ("live", amount(total.live_bytes, total.live_blocks)),
        ("allocated so far", amount(total.bytes, total.blocks)),
        (
            "samples",
            format!(
                "{} live of {}",
                count(total.live_samples),
                count(total.samples)
            ),
        ),
        (
            "mean interval",
            format!("a sample in {}", bytes(image.header(Header::Interval))),
        ),
        ("dropped samples", count(image.header(Header::Dropped))),
    ] {
        // Writing to a string does not fail.
        let _ = writeln!(text, "  {name:20}{value}");
    }
    let shares = shares(profile, calls);
    let mut shares: Vec<_> = shares.into_iter().collect();
    let size = |counts: &Counts| order.bytes(counts);
    shares.sort_by(|(one, first), (other, second)| {
        let key = |share: &Share| (size(&share.own), size(&share.all));
        key(second).cmp(&key(first)).then_with(|| one.cmp(other))
    });
    let heading = match order {
        Order::Live => "live",
        Order::Allocated => "allocated",
    };
    let _ = writeln!(
        text,
        "\n  {heading:>11}{:>8}{:>12}{:>8}{:>14}  function",
        "", "all", "", "blocks"
    );
    let part = |part: u64| match size(&total) {
        0 => "0.0%".to_owned(),
        whole => format!("{:.1}%", 100.0 * part as f64 / whole as f64),
    };
    for (name, share) in shares.iter().take(top) {
        let (own, all) = (size(&share.own), size(&share.all));
        let _ = writeln!(
            text,
            "  {:>11}{:>8}{:>12}{:>8}{:>14}  {}",
            bytes(own),
            part(own),
            bytes(all),
            part(all),
            count(order.blocks(&share.own).round() as u64),
            printable(name)
        );
    }
    if shares.len() > top {
        let _ = writeln!(
            text,
            "  and {} more functions: --top NUMBER",
            shares.len() - top
        );
    }
    Ok(text)
}

fn amount(size: u64, blocks: f64) -> String {
    format!("{} in {} blocks", bytes(size), count(blocks.round() as u64))
}

/// What each function allocated, by name.
fn shares<'p>(profile: &Profile, calls: &'p [Vec<Call>]) -> HashMap<&'p str, Share> {
    let mut shares: HashMap<&str, Share> = HashMap::new();
    for ((_, &counts), calls) in profile.chains.iter().zip(calls) {
        let functions = calls.iter().flat_map(Call::functions);
        let mut names = functions.map(|function| function.name.as_str()).peekable();
        if let Some(&first) = names.peek() {
            shares.entry(first).or_default().own += counts;
        }
        // Once each, however often it calls itself.
        for name in names.collect::<HashSet<_>>() {
            shares.entry(name).or_default().all += counts;
        }
    }
    shares
}

impl Order {
    fn bytes(self, counts: &Counts) -> u64 {
        match self {
            Self::Live => counts.live_bytes,
            Self::Allocated => counts.bytes,
        }
    }

    fn blocks(self, counts: &Counts) -> f64 {
        match self {
            Self::Live => counts.live_blocks,
            Self::Allocated => counts.blocks,
        }
    }
}
