//! How long it lasts what meshes gain. Where spans empty by themselves soon after they were meshed, as the garbage of generations
//! does, their class is left alone for a while; until its spans change no more.

use heap::SizeClass;
use miniheap::{SpanClasses, Turnover};

use crate::tuning::{FUTILE_LEAST, FUTILE_SHARE, LONGEST_TRUCE, QUIET_SHARE, WATCH_MS};

/// What is known of each class.
pub(crate) struct Lasting {
    classes: [Watched; SpanClasses::ALL],
}

/// What is known of a class.
#[derive(Clone, Copy)]
struct Watched {
    /// When it was last looked at, in milliseconds, and what its spans had been through by then.
    since: u64,
    seen: Turnover,
    /// Looks before it is meshed again.
    left: u8,
    /// Looks that the last truce was long; `None` if meshes have lasted lately. The first time that they do not last may be the only one:
    /// then it is none long.
    truce: Option<u8>,
}

impl Watched {
    /// Looks at the class, if it is time, of which so many spans are in use.
    fn look(&mut self, now: u64, turnover: Turnover, spans: usize) {
        if now.saturating_sub(self.since) < WATCH_MS {
            return;
        }
        let passed = turnover.since(&self.seen);
        (self.since, self.seen) = (now, turnover);
        let is_quiet = (passed.made + passed.removed).saturating_mul(QUIET_SHARE) <= spans;
        let is_futile = passed.drained >= FUTILE_LEAST
            && passed.drained * FUTILE_SHARE >= turnover.members + passed.drained;
        if is_quiet {
            self.left = 0;
        } else if is_futile {
            let truce = self
                .truce
                .map_or(0, |last| (last * 2).clamp(1, LONGEST_TRUCE));
            (self.truce, self.left) = (Some(truce), truce);
        } else if self.left > 0 {
            self.left -= 1;
        } else if passed.joined >= FUTILE_LEAST {
            self.truce = None;
        }
    }
}

impl Lasting {
    pub(crate) const fn new() -> Self {
        Self {
            classes: [Watched {
                since: 0,
                seen: Turnover::NONE,
                left: 0,
                truce: None,
            }; SpanClasses::ALL],
        }
    }

    /// Looks at a class, if it is time.
    pub(crate) fn look(&mut self, class: SizeClass, now: u64, turnover: Turnover, spans: usize) {
        if let Some(watched) = self.classes.get_mut(usize::from(class.0)) {
            watched.look(now, turnover, spans);
        }
    }

    /// Whether a class is left alone.
    pub(crate) fn is_truce(&self, class: SizeClass) -> bool {
        self.classes
            .get(usize::from(class.0))
            .is_some_and(|watched| watched.left > 0)
    }

    /// All is to be meshed that can be.
    pub(crate) fn end_truces(&mut self) {
        for watched in &mut self.classes {
            watched.left = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLASS: SizeClass = SizeClass(3);

    /// A class that is looked at once a period.
    struct Class {
        lasting: Lasting,
        now: u64,
        turnover: Turnover,
        spans: usize,
    }

    impl Class {
        fn new() -> Self {
            Self {
                lasting: Lasting::new(),
                now: 7,
                turnover: Turnover::NONE,
                spans: 10_000,
            }
        }

        /// Makes and removes spans, meshes some unless they are left alone, and drains a share of what is meshed.
        fn pass(&mut self, changed: usize, drained_percent: usize) -> bool {
            let is_truce = self.lasting.is_truce(CLASS);
            let joined = if is_truce { 0 } else { 1_000 };
            let members = self.turnover.members + joined;
            let drained = members * drained_percent / 100;
            self.turnover = Turnover {
                made: self.turnover.made + changed,
                removed: self.turnover.removed + changed,
                joined: self.turnover.joined + joined,
                drained: self.turnover.drained + drained,
                members: members - drained,
            };
            self.now += WATCH_MS;
            self.lasting
                .look(CLASS, self.now, self.turnover, self.spans);
            is_truce
        }
    }

    #[test]
    fn what_lasts_is_meshed() {
        let mut class = Class::new();
        assert!((0..100).all(|_| !class.pass(5_000, 5)));
    }

    #[test]
    fn generations_are_left_alone_longer_and_longer() {
        let mut class = Class::new();
        let truces: Vec<_> = (0..200).map(|_| class.pass(5_000, 100)).collect();
        let meshed = truces.iter().filter(|truce| !**truce).count();
        assert!((3..40).contains(&meshed), "{meshed}");
        let last = truces[100..].iter().filter(|truce| !**truce).count();
        assert!(
            (1..=100 / usize::from(LONGEST_TRUCE) + 2).contains(&last),
            "{last}"
        );
    }

    #[test]
    fn a_class_whose_spans_change_no_more_is_meshed_at_once() {
        let mut class = Class::new();
        while !class.pass(5_000, 100) {}
        class.pass(10, 0);
        assert!(!class.pass(10, 0));
    }

    #[test]
    fn few_spans_say_nothing_and_who_asks_for_all_gets_it() {
        let mut class = Class::new();
        class.turnover.members = 10;
        class.turnover.drained = FUTILE_LEAST - 1;
        class.lasting.look(CLASS, WATCH_MS, class.turnover, 5);
        assert!(!class.lasting.is_truce(CLASS));
        while !class.pass(5_000, 100) {}
        class.lasting.end_truces();
        assert!(!class.lasting.is_truce(CLASS));
    }
}
