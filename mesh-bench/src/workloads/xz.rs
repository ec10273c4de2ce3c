//! xz with two threads on a generated text, whose integrity xz then tests.

use super::workload::{Body, Workload};
use crate::site::Site;
use anyhow::Result;
use fastrand::Rng;
use std::process::Command;

/// Few blocks, and large ones.
pub(crate) const WORKLOAD: Workload = Workload {
    name: "xz",
    about: "xz -T2: few large blocks",
    needs: &["xz"],
    body: Body::Program(compress),
};

const WORDS: u64 = 700_000;

fn compress(site: &Site) -> Result<Command> {
    site.file("text", || words(site.scale.of(WORDS)))?;
    let mut command = site.command("sh")?;
    command.args([
        "-c",
        "xz -T2 -2 --block-size=1MiB -k -c text > text.xz && xz -t text.xz",
    ]);
    Ok(command)
}

/// `count` words of a small vocabulary in random order.
fn words(count: u64) -> String {
    let mut rng = Rng::with_seed(1);
    let word = |_| {
        let number = rng.u32(..3_000);
        let end = if number.is_multiple_of(9) { '\n' } else { ' ' };
        format!("{:x}{end}", number.wrapping_mul(2_654_435_761))
    };
    (0..count).map(word).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_has_as_many_words_as_asked_for() {
        assert_eq!(words(500).split_whitespace().count(), 500);
    }
}
