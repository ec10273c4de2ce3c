//! Random numbers below a bound, and random order.

use rand_pcg::Pcg32;
use rand_pcg::rand_core::Rng;

/// A random number below `n`; 0 when `n` is 0.
///
/// The random word is scaled by a multiplication, without a division (Lemire, *Fast Random Integer Generation in an
/// Interval*, 2019). His rejection step is left out: each result is as likely as any other to within `n` in 2³².
#[inline]
pub fn below(rng: &mut Pcg32, n: u32) -> u32 {
    ((u64::from(rng.next_u32()) * u64::from(n)) >> 32) as u32
}

/// Random numbers below `n` and below `m`, from one random word: what is left of the word after the first scaling is as good
/// as random for the second. Each pair is as likely as any other to within `n × m` in 2³² (Brackett-Rozinsky and Lemire,
/// *Batched Ranged Random Integer Generation*, 2024).
#[inline]
fn two_below(rng: &mut Pcg32, n: u32, m: u32) -> (u32, u32) {
    let first = u64::from(rng.next_u32()) * u64::from(n);
    let second = (first & u64::from(u32::MAX)) * u64::from(m);
    ((first >> 32) as u32, (second >> 32) as u32)
}

/// Up to so many items two are drawn at a time, which none is then likelier for than by one part in 2¹².
const FEW: u32 = 1 << 10;

/// Puts `items` into random order (Fisher and Yates).
///
/// Only the first 2³² − 1 items of a longer slice move.
#[inline]
pub fn shuffle<T>(items: &mut [T], rng: &mut Pcg32) {
    let count = u32::try_from(items.len()).unwrap_or(u32::MAX);
    let base = items.as_mut_ptr();
    // Unchecked swaps, because the compiler cannot see that the draws keep their bounds and would emit a panic.
    let swap = |one: u32, other: u32| {
        // SAFETY: `one < count <= items.len()`.
        let one = unsafe { base.add(one as usize) };
        // SAFETY: `other <= one`.
        let other = unsafe { base.add(other as usize) };
        // SAFETY: both point into `items`, which is borrowed mutably; `swap` allows them to be equal.
        unsafe { core::ptr::swap(one, other) };
    };
    let mut left = count;
    while left > FEW {
        left -= 1;
        // A word times `left + 1` is less than `left + 1` times 2³²: the other is no more than `left`.
        swap(left, below(rng, left + 1));
    }
    while left > 1 {
        let (first, second) = two_below(rng, left, left - 1);
        // As above; `second` is at most `left - 2`.
        swap(left - 1, first);
        swap(left - 2, second);
        left -= 2;
    }
}
