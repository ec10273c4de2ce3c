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

/// Puts `items` into random order (Fisher and Yates).
///
/// Only the first 2³² − 1 items of a longer slice move.
#[inline]
pub fn shuffle<T>(items: &mut [T], rng: &mut Pcg32) {
    let count = u32::try_from(items.len()).unwrap_or(u32::MAX);
    let base = items.as_mut_ptr();
    // Unchecked swaps, because the compiler cannot see that `below` keeps its bound and would emit a panic.
    for last in (1..count).rev() {
        let other = below(rng, last + 1);
        // SAFETY: `last < count <= items.len()`.
        let a = unsafe { base.add(last as usize) };
        // SAFETY: `below` returned at most `last`, since a word times `last + 1` is less than `last + 1` times 2³².
        let b = unsafe { base.add(other as usize) };
        // SAFETY: both point into `items`, which is borrowed mutably; `swap` allows them to be equal.
        unsafe { core::ptr::swap(a, b) };
    }
}
