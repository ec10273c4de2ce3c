//! Processor time of a process that still runs, and of its descendants.

use crate::family;
use std::time::Duration;

/// What `root` and its descendants have used in both modes, with those that were waited for; to a clock tick of the kernel (10 ms).
///
/// A child that ends while the family is read may be missing this time.
pub(crate) fn of_tree(root: u32) -> Duration {
    let ticks: u64 = family::of(root)
        .into_iter()
        .filter_map(|pid| ticks_of(&std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?))
        .sum();
    Duration::from_secs_f64(ticks as f64 / rustix::param::clock_ticks_per_second() as f64)
}

/// The sum of `utime`, `stime`, `cutime` and `cstime` of `/proc/PID/stat`, which follow the name by eleven fields.
fn ticks_of(stat: &str) -> Option<u64> {
    // The name may have blanks and parentheses.
    let (_, fields) = stat.rsplit_once(") ")?;
    let times: Vec<u64> = fields
        .split(' ')
        .skip(11)
        .take(4)
        .map_while(|field| field.parse().ok())
        .collect();
    (times.len() == 4).then(|| times.iter().sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_times_are_added_whatever_the_name() {
        let stat = "12 (a) b (c)) S 1 12 12 0 -1 4194560 100 0 0 0 5 6 70 800 20 0 1 0 9";
        assert_eq!(ticks_of(stat), Some(881));
        assert_eq!(ticks_of("12 (a) S 1 2"), None);
        assert_eq!(ticks_of(""), None);
    }

    #[test]
    fn work_takes_time() {
        let own = std::process::id();
        let before = of_tree(own);
        let mut sum = 0u64;
        while of_tree(own) <= before {
            sum = std::hint::black_box(sum + 1);
        }
        assert!(sum > 0);
    }
}
