//! From holds to what each thread does: own work, a lock, work under it, and so on.
//!
//! The recording is made on one processor. So another thread's event between two of a thread means that the thread did not run all the
//! time: it waited, for us or for a queue of the program, or its time slice was over. For how long it ran is known outside locks: the
//! kernel keeps account. Under a lock it is not, and such a time, and one beyond any work, is replaced by the median of its kind: of what
//! follows the same step at the same site.
//!
//! All times are in picoseconds.

use super::recording::{Hold, Recording};
use std::collections::{BTreeMap, HashMap};

/// A longer time under a lock is the time slice of another process.
const LONGEST: u64 = 2_000_000_000;

/// So may be any longer than this. Outside locks the kernel's account is asked then; under a lock the time counts if it is no more than so
/// many times the median of its kind.
const SHORT: u64 = 200_000_000;
const TIMES_THE_MEDIAN: u64 = 100;

/// Threads with less than this part of the busiest one's steps, in percent, do no work: they start others, and wait.
const LEAST_PERCENT: usize = 5;

/// What a thread does next to a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Takes it, for the operation of that number.
    Take {
        lock: usize,
        operation: usize,
        /// Goes on without what follows, up to the end of the hold, when somebody has it.
        tried: bool,
    },
    /// Opens it.
    Open { lock: usize },
}

/// Work, and then an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    /// Picoseconds.
    pub(crate) work: u64,
    pub(crate) action: Action,
}

/// All that is replayed.
#[derive(Debug)]
pub(crate) struct Streams {
    /// One for each thread.
    pub(crate) threads: Vec<Vec<Step>>,
    /// Addresses of locks, by number.
    pub(crate) locks: Vec<u64>,
    /// Sites of operations, by number.
    pub(crate) sites: Vec<u64>,
    /// The share of times that were replaced by medians.
    pub(crate) replaced: f64,
    /// All times together, of all threads.
    pub(crate) work: u64,
}

/// A hold's beginning or end, in the order of time.
#[derive(Clone, Copy)]
struct Event {
    start: u64,
    thread: u64,
    /// After this the thread's own time goes on.
    end: u64,
    /// For how many nanoseconds the thread had run, at the start of one that takes and at the end of one that opens.
    ran: u64,
    /// Readings of the clock in the time that follows.
    readings: u64,
    lock: u64,
    site: u64,
    tried: bool,
    takes: bool,
}

/// A thread's time after an event.
struct Time {
    /// The site of that event, and whether it took a lock.
    kind: (u64, bool),
    /// Whether no other thread had an event.
    is_alone: bool,
    length: u64,
    /// By the kernel's account.
    ran: Option<u64>,
}

impl Streams {
    /// From a recording, with `picoseconds` of so many ticks.
    pub(crate) fn of(recording: &Recording, picoseconds: impl Fn(u64) -> u64) -> Self {
        let events = events(&recording.holds);
        let header = &recording.header;
        let times = times(&events, header.ran_overhead, |ticks, readings| {
            picoseconds(ticks.saturating_sub(readings * header.overhead))
        });
        let medians = medians(times.iter().flatten().filter(|time| time.is_alone));

        let mut numbers = Numbers::default();
        let mut threads: BTreeMap<u64, Vec<Step>> = BTreeMap::new();
        let (mut count, mut replaced, mut sum) = (0_u64, 0_u64, 0_u64);
        for (event, before) in events.iter().zip(&times) {
            let work = before.as_ref().map_or(0, |time| {
                let median = medians.get(&time.kind).copied().unwrap_or(0);
                let length = time.own(median);
                count += 1;
                replaced += u64::from(length.is_none());
                length.unwrap_or(median)
            });
            sum += work;
            let lock = numbers.locks.number(event.lock);
            let action = if event.takes {
                let (operation, tried) = (numbers.sites.number(event.site), event.tried);
                Action::Take {
                    lock,
                    operation,
                    tried,
                }
            } else {
                Action::Open { lock }
            };
            threads
                .entry(event.thread)
                .or_default()
                .push(Step { work, action });
        }
        let most = threads.values().map(Vec::len).max().unwrap_or(0);
        Self {
            threads: threads
                .into_values()
                .filter(|steps| steps.len() * 100 >= most * LEAST_PERCENT)
                .collect(),
            locks: numbers.locks.values,
            sites: numbers.sites.values,
            replaced: replaced as f64 / count.max(1) as f64,
            work: sum,
        }
    }
}

impl Time {
    /// How much of it is the thread's own, if that can be told.
    fn own(&self, median: u64) -> Option<u64> {
        let is_short = self.is_alone && self.length <= SHORT;
        let likely = LONGEST.min(median.saturating_mul(TIMES_THE_MEDIAN));
        match self.ran {
            _ if is_short => Some(self.length),
            Some(ran) => Some(ran.min(self.length)),
            None => (self.is_alone && self.length <= likely).then_some(self.length),
        }
    }
}

fn events(holds: &[Hold]) -> Vec<Event> {
    let both = holds.iter().flat_map(|hold| {
        let take = Event {
            start: hold.arrived,
            thread: hold.thread,
            end: hold.requested,
            ran: hold.ran_before,
            // That of the request, and that of the hold.
            readings: 2,
            lock: hold.lock,
            site: hold.site,
            tried: hold.tried,
            takes: true,
        };
        let open = Event {
            start: hold.released,
            end: hold.left,
            ran: hold.ran,
            readings: 1,
            takes: false,
            ..take
        };
        [take, open]
    });
    let mut events: Vec<_> = both.collect();
    events.sort_by_key(|event| (event.start, event.takes));
    events
}

/// For each event, the time of its thread before it; none before the first. `picoseconds` knows how long so many ticks are, less some
/// readings of the clock.
fn times(
    events: &[Event],
    ran_overhead: u64,
    picoseconds: impl Fn(u64, u64) -> u64,
) -> Vec<Option<Time>> {
    let mut last: HashMap<u64, usize> = HashMap::new();
    let time = |(index, event): (usize, &Event)| {
        let before = last.insert(event.thread, index)?;
        let previous = &events[before];
        let ran = (event.takes && !previous.takes).then(|| {
            // A thread that ran for less is another one in the place of that.
            let ran = event.ran.checked_sub(previous.ran).unwrap_or(event.ran);
            ran.saturating_sub(ran_overhead) * 1000
        });
        let ticks = event.start.saturating_sub(previous.end);
        Some(Time {
            kind: (previous.site, previous.takes),
            is_alone: before + 1 == index,
            length: picoseconds(ticks, previous.readings),
            ran,
        })
    };
    events.iter().enumerate().map(time).collect()
}

fn medians<'a>(times: impl Iterator<Item = &'a Time>) -> HashMap<(u64, bool), u64> {
    let mut kinds: HashMap<_, Vec<u64>> = HashMap::new();
    for time in times {
        kinds.entry(time.kind).or_default().push(time.length);
    }
    let middle = |mut lengths: Vec<u64>| {
        let middle = lengths.len() / 2;
        *lengths.select_nth_unstable(middle).1
    };
    kinds
        .into_iter()
        .map(|(kind, lengths)| (kind, middle(lengths)))
        .collect()
}

#[derive(Default)]
struct Numbers {
    locks: Numbered,
    sites: Numbered,
}

#[derive(Default)]
struct Numbered {
    values: Vec<u64>,
    numbers: HashMap<u64, usize>,
}

impl Numbered {
    fn number(&mut self, value: u64) -> usize {
        *self.numbers.entry(value).or_insert_with(|| {
            self.values.push(value);
            self.values.len() - 1
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytemuck::Zeroable;

    fn hold(thread: u64, lock: u64, [requested, taken, released, left]: [u64; 4]) -> Hold {
        Hold {
            thread,
            lock,
            site: lock * 10,
            tried: false,
            arrived: requested,
            ran_before: requested,
            requested,
            taken,
            released,
            ran: left,
            left,
        }
    }

    fn streams(holds: Vec<Hold>) -> Streams {
        let header = Zeroable::zeroed();
        Streams::of(&Recording { header, holds }, |ticks| ticks * 1000)
    }

    fn works(steps: &[Step]) -> Vec<u64> {
        steps.iter().map(|step| step.work).collect()
    }

    #[test]
    fn holds_within_holds_are_in_the_order_of_time() {
        // The inner one ends first.
        let streams = streams(vec![
            hold(1, 8, [30, 31, 40, 42]),
            hold(1, 7, [10, 12, 50, 51]),
        ]);
        let [steps] = streams.threads.as_slice() else {
            panic!("{streams:?}");
        };
        assert_eq!(works(steps), [0, 20_000, 10_000, 8_000]);
        let take = |lock| Action::Take {
            lock,
            operation: lock,
            tried: false,
        };
        let actions: Vec<_> = steps.iter().map(|step| step.action).collect();
        assert_eq!(
            actions,
            [
                take(0),
                take(1),
                Action::Open { lock: 1 },
                Action::Open { lock: 0 }
            ]
        );
        assert_eq!((streams.locks, streams.sites), (vec![7, 8], vec![70, 80]));
        assert_eq!(streams.replaced, 0.0);
    }

    /// Thread 1 takes its lock every hundred ticks; each time another thread has it for a while.
    fn in_turns() -> Vec<Hold> {
        let turn = |turn: u64| {
            let at = turn * 100;
            [
                hold(1, 7, [at, at + 1, at + 5, at + 10]),
                hold(2, 7, [at + 20, at + 21, at + 25, at + 30]),
            ]
        };
        (0..9).flat_map(turn).collect()
    }

    #[test]
    fn outside_locks_the_account_says_how_long_a_thread_ran() {
        let mut holds = in_turns();
        for (turn, holds) in holds.chunks_mut(2).enumerate() {
            // Of ninety ticks between two holds it ran for twelve.
            holds[0].ran_before = turn as u64 * 20;
            holds[0].ran = turn as u64 * 20 + 8;
        }
        let streams = streams(holds);
        let own: Vec<_> = works(&streams.threads[0]).into_iter().step_by(2).collect();
        assert_eq!(own[0], 0);
        assert!(own[1..].iter().all(|&work| work == 12_000), "{own:?}");
        assert_eq!((streams.replaced, streams.threads.len()), (0.0, 2));
    }

    #[test]
    fn a_thread_in_the_place_of_another_has_run_since_its_start() {
        let mut holds = in_turns();
        holds[2].ran_before = 3;
        assert_eq!(works(&streams(holds).threads[0])[2], 3_000);
    }

    #[test]
    fn a_hold_with_another_threads_events_is_the_median_of_its_kind() {
        let mut holds: Vec<_> = (0..9)
            .map(|turn| turn * 100)
            .map(|at| hold(1, 7, [at, at + 1, at + 5, at + 10]))
            .collect();
        holds[8].released += 60;
        holds[8].left += 60;
        holds.push(hold(2, 8, [820, 821, 825, 830]));
        let streams = streams(holds);
        let under: Vec<_> = works(&streams.threads[0])
            .into_iter()
            .skip(1)
            .step_by(2)
            .collect();
        assert_eq!(under, [5_000; 9]);
        assert_eq!(streams.replaced, 1.0 / 18.0);
    }

    #[test]
    fn a_thread_that_only_waits_is_left_out() {
        let mut holds: Vec<_> = (0..100)
            .map(|turn| turn * 10)
            .map(|at| hold(1, 7, [at, at, at, at]))
            .collect();
        holds.push(hold(2, 7, [5000; 4]));
        assert_eq!(streams(holds).threads.len(), 1);
    }

    #[test]
    fn a_time_slice_of_another_process_is_no_work() {
        let mut holds = [0, 3_000_000].map(|at| hold(1, 7, [at, at, at + 1, at + 1]));
        holds[0].ran = 10;
        holds[1].ran_before = 50;
        // A tick is a nanosecond here.
        assert_eq!(works(&streams(holds.into()).threads[0])[2], 40_000);
    }

    #[test]
    fn a_hold_far_beyond_its_kind_was_interrupted() {
        let mut holds: Vec<_> = (0..9)
            .map(|turn| turn * 2_000_000)
            .map(|at| hold(1, 7, [at, at, at + 10, at + 10]))
            .collect();
        holds[4].released += 300_000;
        holds[4].left += 300_000;
        let streams = streams(holds);
        assert_eq!(works(&streams.threads[0])[9], 10_000);
        // Its time goes on outside: no more is known.
        assert_eq!(streams.replaced, 1.0 / 17.0);
    }
}
