//! Which allocations are sampled.
//!
//! Each allocated byte is a sample with the same small probability, whatever the ones before it were (a Poisson process), and
//! a block is sampled if one of its bytes is. So the bytes from one sample to the next are exponentially distributed.

/// The mean number of bytes from one sample to the next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Interval(u64);

/// What a sampled block stands for: itself and those of its size that were not sampled.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Weight {
    /// Blocks, in parts of [`Weight::ONE`].
    pub blocks: u64,
    /// Bytes.
    pub bytes: u64,
}

impl Weight {
    /// One block.
    pub const ONE: u64 = 1 << 10;
}

impl Interval {
    /// The usual one: 512 KiB.
    pub const USUAL: Self = Self(512 << 10);

    /// The longest: 1 TiB.
    pub const LONGEST: u64 = 1 << 40;

    /// An interval of `mean` bytes; `None` unless that is at least one, and at most [`LONGEST`](Self::LONGEST).
    pub const fn new(mean: u64) -> Option<Self> {
        match mean {
            1..=Self::LONGEST => Some(Self(mean)),
            _ => None,
        }
    }

    /// The mean, in bytes.
    pub const fn mean(self) -> u64 {
        self.0
    }

    /// Bytes to the next sample, drawn with `random`, of which all bits are used. At least one, at most 37 times the mean.
    pub fn draw(self, random: u64) -> u64 {
        // In (0, 1]: the upper 53 bits, as exactly as an f64 has them.
        let uniform = ((random >> 11) + 1) as f64 / (1_u64 << 53) as f64;
        let bytes = -natural_logarithm(uniform) * self.0 as f64;
        // Rounded up: a byte is the next one at the earliest.
        (bytes as u64).saturating_add(1)
    }

    /// What a sampled block of `size` bytes stands for: 1 / (1 - exp(-size / mean)) blocks.
    pub fn weight(self, size: u64) -> Weight {
        let size = size.max(1);
        let blocks = 1.0 / portion(size as f64 / self.0 as f64);
        Weight {
            blocks: (blocks * Weight::ONE as f64 + 0.5) as u64,
            bytes: (blocks * size as f64 + 0.5) as u64,
        }
    }
}

/// The natural logarithm of a positive number that is neither tiny (subnormal) nor infinite.
fn natural_logarithm(value: f64) -> f64 {
    const MANTISSA: u32 = 52;
    let bits = value.to_bits();
    let exponent = (bits >> MANTISSA) as i64 - 1023;
    // In [1, 2): the same digits with exponent zero.
    let digits = f64::from_bits(bits & ((1 << MANTISSA) - 1) | 1023 << MANTISSA);
    // ln m = 2 artanh((m - 1) / (m + 1)), where the argument is at most a third.
    let ratio = (digits - 1.0) / (digits + 1.0);
    let square = ratio * ratio;
    let mut sum = 0.0;
    for odd in (0..12).rev() {
        sum = sum * square + 1.0 / f64::from(2 * odd + 1);
    }
    exponent as f64 * core::f64::consts::LN_2 + 2.0 * ratio * sum
}

/// 1 - exp(-x), for a positive x.
fn portion(x: f64) -> f64 {
    /// From here on an f64 has no digits for the difference to one.
    const FAR: f64 = 40.0;
    /// Below this so many terms of the series are exact.
    const NEAR: f64 = 0.5;
    if x >= FAR {
        return 1.0;
    }
    if x <= NEAR {
        // x - x²/2! + x³/3! - …, from the last term.
        let mut sum = 0.0;
        for term in (1..=14).rev() {
            sum = x / f64::from(term) * (1.0 - sum);
        }
        return sum;
    }
    // 1 - exp(-x) = 1 - (exp(-x/2))² = h (2 - h), where h is that of x/2.
    let half = portion(x / 2.0);
    half * (2.0 - half)
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;

    #[test]
    fn the_logarithm_is_that_of_the_library() {
        for step in 1..100_000_u64 {
            let value = step as f64 / 99_999.0;
            let error = (natural_logarithm(value) - value.ln()).abs();
            assert!(error <= 1e-12, "{value}: {error}");
        }
        assert_eq!(natural_logarithm(1.0), 0.0);
    }

    #[test]
    fn the_portion_is_that_of_the_library() {
        for step in 1..60_000_u32 {
            let x = f64::from(step).powi(3) / 1e12;
            let expected = -(-x).exp_m1();
            let error = (portion(x) - expected).abs() / expected;
            assert!(error < 1e-12, "{x}: {error}");
        }
    }

    #[test]
    fn draws_have_the_mean_and_the_spread_of_an_exponential_distribution() {
        let interval = Interval::new(1000).unwrap();
        let (mut sum, mut squares, draws) = (0.0, 0.0, 1 << 16);
        for number in 0..draws {
            // Evenly spread, so that this is no matter of luck.
            let value = interval.draw((number << 48) + (1 << 47)) as f64;
            sum += value;
            squares += value * value;
        }
        let mean = sum / draws as f64;
        let variance = squares / draws as f64 - mean * mean;
        assert!((mean / 1000.5 - 1.0).abs() < 0.005, "{mean}");
        assert!((variance.sqrt() / 1000.0 - 1.0).abs() < 0.01, "{variance}");
    }

    #[test]
    fn draws_are_within_bounds() {
        for interval in [1, 4096, Interval::LONGEST].map(|mean| Interval::new(mean).unwrap()) {
            for random in [0, 1, u64::MAX / 2, u64::MAX] {
                let drawn = interval.draw(random);
                assert!((1..=37 * interval.mean() + 1).contains(&drawn), "{drawn}");
            }
        }
        assert_eq!(Interval::new(0), None);
        assert_eq!(Interval::new(Interval::LONGEST + 1), None);
    }

    #[test]
    fn large_blocks_stand_for_themselves_and_small_ones_for_an_interval() {
        let large = Interval::USUAL.weight(1 << 30);
        assert_eq!(
            large,
            Weight {
                blocks: Weight::ONE,
                bytes: 1 << 30
            }
        );
        let small = Interval::USUAL.weight(16);
        assert!(small.bytes.abs_diff(512 << 10) < 16, "{small:?}");
        assert!(
            (small.blocks / Weight::ONE).abs_diff(32 << 10) < 2,
            "{small:?}"
        );
        assert_eq!(Interval::USUAL.weight(0), Interval::USUAL.weight(1));
    }
}
