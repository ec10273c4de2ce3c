//! What a child shall do: sizes and survivors follow from the plan alone, so neither needs a table.

use serde::{Deserialize, Serialize};

/// The whole plan.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Plan {
    /// Bytes to allocate.
    pub(crate) total: u64,
    /// The object sizes to choose from, none of them zero.
    pub(crate) sizes: Vec<usize>,
    /// Which objects live on.
    pub(crate) keep: Keep,
    /// Seconds to wait after freeing.
    pub(crate) wait_s: f64,
    /// Whether to allocate nothing during the wait.
    pub(crate) quiet_wait: bool,
    /// Whether to call `malloc_trim(0)` after freeing.
    pub(crate) trim: bool,
    /// Seed of sizes, survivors and contents.
    pub(crate) seed: u64,
    /// Whether to damage an object after the wait.
    pub(crate) corrupt: bool,
}

/// Which objects live on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Keep {
    /// Each with this chance, independently.
    Share(f64),
    /// Number 0 and every k-th after it.
    Every(usize),
}

/// The choice on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pattern {
    Random,
    Every(usize),
}

/// Reads `random` and `every:K`.
pub(crate) fn parse_pattern(text: &str) -> Result<Pattern, String> {
    if text == "random" {
        return Ok(Pattern::Random);
    }
    match text
        .strip_prefix("every:")
        .and_then(|step| step.parse().ok())
    {
        Some(step) if step > 0 => Ok(Pattern::Every(step)),
        _ => Err(format!("`{text}` is no pattern: write random or every:K")),
    }
}

impl Plan {
    /// The size of object `index`.
    pub(crate) fn size_of(&self, index: usize) -> usize {
        let choice = hash(self.seed, 2 * index as u64) % self.sizes.len() as u64;
        self.sizes[choice as usize]
    }

    /// Whether object `index` lives on.
    pub(crate) fn keeps(&self, index: usize) -> bool {
        match self.keep {
            Keep::Share(share) => {
                (hash(self.seed, 2 * index as u64 + 1) as f64) < share * 2f64.powi(64)
            }
            Keep::Every(step) => index.is_multiple_of(step),
        }
    }

    /// The number of objects that reach the total.
    pub(crate) fn objects(&self) -> usize {
        let mut bytes = 0;
        (0..)
            .find(|&index| {
                let reached = bytes >= self.total;
                bytes += self.size_of(index) as u64;
                reached
            })
            .unwrap_or(0)
    }
}

/// Two numbers mixed into one, each bit of which depends on all of theirs: the output function of SplitMix64
/// (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
pub(crate) fn hash(seed: u64, number: u64) -> u64 {
    let mut mixed = seed.wrapping_add(number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(sizes: &[usize], keep: Keep) -> Plan {
        Plan {
            total: 1 << 20,
            sizes: sizes.to_vec(),
            keep,
            wait_s: 0.0,
            quiet_wait: false,
            trim: false,
            seed: 5,
            corrupt: false,
        }
    }

    #[test]
    fn patterns_are_read() {
        assert_eq!(parse_pattern("random"), Ok(Pattern::Random));
        assert_eq!(parse_pattern("every:16"), Ok(Pattern::Every(16)));
        for text in ["", "every", "every:", "every:0", "every:-1", "all"] {
            assert!(parse_pattern(text).is_err(), "{text}");
        }
    }

    #[test]
    fn objects_reach_the_total_and_no_more() {
        let plan = plan(&[100, 300], Keep::Every(1));
        let bytes: u64 = (0..plan.objects())
            .map(|index| plan.size_of(index) as u64)
            .sum();
        assert!((plan.total..plan.total + 300).contains(&bytes), "{bytes}");
    }

    #[test]
    fn about_the_asked_share_is_kept_of_every_size() {
        let plan = plan(&[16, 64], Keep::Share(0.25));
        for size in [16, 64] {
            let of_size: Vec<_> = (0..40_000)
                .filter(|&index| plan.size_of(index) == size)
                .collect();
            let kept = of_size.iter().filter(|&&index| plan.keeps(index)).count();
            let share = kept as f64 / of_size.len() as f64;
            assert!((0.23..0.27).contains(&share), "{size}: {share}");
        }
    }

    #[test]
    fn all_and_nothing_are_possible() {
        assert!((0..1000).all(|index| plan(&[16], Keep::Share(1.0)).keeps(index)));
        assert!(!(0..1000).any(|index| plan(&[16], Keep::Share(0.0)).keeps(index)));
        let every: Vec<_> = (0..10)
            .filter(|&index| plan(&[16], Keep::Every(4)).keeps(index))
            .collect();
        assert_eq!(every, [0, 4, 8]);
    }
}
