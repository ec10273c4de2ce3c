//! Ruby strings of doubling lengths, one in four of which stays (section 6.2.3).
//!
//! What stays is every fourth string in the order of allocation: where slots are given out in order too, all spans keep
//! slots at the same places and no two fit together. This is why placement is random.

use super::experiment::{Bench, Body, Experiment};
use super::quantity::Quantity;
use super::target::{Target, Yardstick};
use super::watched::watch;
use anyhow::Result;

/// Debian's `ruby` with a script.
pub(crate) const STRINGS: Experiment = Experiment {
    name: "ruby",
    group: "ruby",
    about: "Ruby: 128 MB of strings, every fourth kept, then of twice the length",
    needs: &["ruby"],
    prepare,
    variants: &["mesh-ordered"],
    targets: &[
        Target {
            quantity: Quantity::Mean,
            yardstick: Yardstick::Peer("glibc"),
            at_most: 0.80,
        },
        Target {
            quantity: Quantity::Final,
            yardstick: Yardstick::Peer("glibc"),
            at_most: 0.54,
        },
        Target {
            quantity: Quantity::Cpu,
            yardstick: Yardstick::Peer("jemalloc"),
            at_most: 1.10,
        },
    ],
    bound: None,
};

const BUDGET: u64 = 128 << 20;

fn prepare(bench: Bench<'_>) -> Result<Body<'_>> {
    let script = bench
        .site
        .file("strings.rb", || include_str!("strings.rb").into())?;
    let budget = bench.site.scale.of(BUDGET).to_string();
    Ok(Box::new(move |allocator| {
        let mut command = bench.site.command("ruby")?;
        command.arg("--disable=gems").arg(&script).arg(&budget);
        watch(command, allocator, bench.groups)
    }))
}
