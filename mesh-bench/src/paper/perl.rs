//! Perl on mail, in place of SPEC's perlbench (section 6.2.4), whose input is not free.

use super::experiment::{Bench, Body, Experiment};
use super::quantity::Quantity;
use super::target::{Target, Yardstick};
use super::watched::watch;
use anyhow::Result;

/// Debian's `perl` with a script.
pub(crate) const MAIL: Experiment = Experiment {
    name: "perl",
    group: "perl",
    about: "Perl: mail is parsed, searched with rules, counted and archived",
    needs: &["perl"],
    prepare,
    variants: &[],
    targets: &[
        Target {
            quantity: Quantity::Peak,
            yardstick: Yardstick::Peer("glibc"),
            at_most: 1.0,
        },
        Target {
            quantity: Quantity::Peak,
            yardstick: Yardstick::Peer("jemalloc"),
            at_most: 1.0,
        },
    ],
    bound: None,
};

const MESSAGES: u64 = 24_000;

fn prepare(bench: Bench<'_>) -> Result<Body<'_>> {
    let script = bench
        .site
        .file("mail.pl", || include_str!("mail.pl").into())?;
    let messages = bench.site.scale.of(MESSAGES).to_string();
    Ok(Box::new(move |allocator| {
        let mut command = bench.site.command("perl")?;
        command.arg(&script).arg(&messages);
        command.env("PERL_HASH_SEED", "0");
        watch(command, allocator, bench.groups)
    }))
}
