//! The model: so many processors with one thread each, of which each replays a recorded stream.
//!
//! A hold waits for its lock in the order of arrival. It takes its recorded time and, when the lock's last holder was another thread,
//! the time of so many transfers of cache lines as the operation writes to, and of one for the lock's own. Work outside locks takes its
//! recorded time: what threads share there, waits for the kernel, and the time until a sleeping thread runs again are not in the model.

use super::streams::{Action, Step};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

/// What is replayed, and what it costs.
pub(crate) struct Model<'a> {
    /// Streams of threads.
    pub(crate) threads: &'a [Vec<Step>],
    /// How many locks they name.
    pub(crate) locks: usize,
    /// What an operation takes longer when another thread had the lock before, by number: picoseconds.
    pub(crate) transfers: &'a [u64],
    /// Each lock is split in so many, by the number of the thread.
    pub(crate) shards: usize,
}

/// What came out.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Scaled {
    /// How many times as much was done as by one processor in the same time.
    pub(crate) speedup: f64,
    /// The share of the threads' time that was waited.
    pub(crate) waited: f64,
    /// The share that lines were on their way.
    pub(crate) transferred: f64,
    /// For each lock the share of the time that it was held; of a split one, the busiest part.
    pub(crate) held: Vec<f64>,
}

/// Steps that a simulation takes at most, about.
const MOST_STEPS: f64 = 4e6;

/// Which part of the way round the next thread starts behind the one before, when they share a stream: the golden section.
const APART: f64 = 0.618_033_988_749_894_9;

#[derive(Default)]
struct Lock {
    holder: Option<usize>,
    last: Option<usize>,
    since: u64,
    held: u64,
    queue: VecDeque<(usize, u64)>,
}

struct Thread<'a> {
    steps: &'a [Step],
    position: usize,
    /// Done so far, in picoseconds of recorded work.
    done: u64,
}

struct Run<'a> {
    model: &'a Model<'a>,
    locks: Vec<Lock>,
    threads: Vec<Thread<'a>>,
    /// When each running thread comes to its next action, and in which order they were put here.
    next: BinaryHeap<Reverse<(u64, u64, usize)>>,
    turn: u64,
    waited: u64,
    transferred: u64,
}

impl Model<'_> {
    /// For how long to simulate at most `processors` processors: picoseconds.
    pub(crate) fn horizon(&self, processors: usize) -> u64 {
        let steps: usize = self.threads.iter().map(Vec::len).sum();
        let work: u64 = self.threads.iter().flatten().map(|step| step.work).sum();
        let mean = work as f64 / self.threads.len().max(1) as f64;
        let mean_steps = steps as f64 / self.threads.len().max(1) as f64;
        let part = MOST_STEPS / (mean_steps * processors as f64).max(1.0);
        (mean * part.min(1.0)) as u64
    }

    /// Replays the streams on so many processors for `horizon` picoseconds.
    pub(crate) fn run(&self, processors: usize, horizon: u64) -> Scaled {
        let mut run = Run::new(self, processors);
        run.go(horizon);
        run.result(processors, horizon)
    }
}

/// Where thread `number` of those that share a stream begins: no lock is held there.
fn start(steps: &[Step], number: usize) -> usize {
    let wanted = (number as f64 * APART).fract() * steps.len() as f64;
    let (mut held, mut open) = (0_usize, 0);
    for (position, step) in steps.iter().enumerate() {
        if held == 0 {
            if position as f64 >= wanted {
                return position;
            }
            open = position;
        }
        match step.action {
            Action::Take { .. } => held += 1,
            Action::Open { .. } => held = held.saturating_sub(1),
        }
    }
    open
}

impl<'a> Run<'a> {
    fn new(model: &'a Model<'a>, processors: usize) -> Self {
        let count = model.threads.len();
        let mut run = Self {
            model,
            locks: (0..model.locks * model.shards)
                .map(|_| Lock::default())
                .collect(),
            threads: Vec::new(),
            next: BinaryHeap::new(),
            turn: 0,
            waited: 0,
            transferred: 0,
        };
        for thread in (0..processors).filter(|_| count > 0) {
            let steps: &[Step] = &model.threads[thread % count];
            let position = start(steps, thread / count);
            run.threads.push(Thread {
                steps,
                position,
                done: 0,
            });
            run.schedule(thread, 0);
        }
        run
    }

    /// The thread works from `now` on, up to its next action.
    fn schedule(&mut self, thread: usize, now: u64) {
        let Thread {
            steps, position, ..
        } = self.threads[thread];
        self.turn += 1;
        self.next
            .push(Reverse((now + steps[position].work, self.turn, thread)));
    }

    fn go(&mut self, horizon: u64) {
        while let Some(&Reverse((now, _, thread))) = self.next.peek() {
            if now > horizon {
                break;
            }
            self.next.pop();
            let step = self.threads[thread].step();
            self.threads[thread].done += step.work;
            match step.action {
                Action::Take {
                    lock,
                    operation,
                    tried,
                } => self.take(thread, self.part(lock, thread), (operation, tried), now),
                Action::Open { lock } => self.open(thread, self.part(lock, thread), now),
            }
        }
        // What was begun counts as far as it got.
        while let Some(Reverse((then, _, thread))) = self.next.pop() {
            let work = self.threads[thread].step().work;
            self.threads[thread].done += work.saturating_sub(then - horizon);
        }
        for lock in &mut self.locks {
            self.waited += lock
                .queue
                .iter()
                .map(|&(_, since)| horizon - since)
                .sum::<u64>();
            if lock.holder.is_some() {
                lock.held += horizon.saturating_sub(lock.since);
            }
        }
    }

    fn part(&self, lock: usize, thread: usize) -> usize {
        lock * self.model.shards + thread % self.model.shards
    }

    fn take(&mut self, thread: usize, lock: usize, (operation, tried): (usize, bool), now: u64) {
        if self.locks[lock].holder.is_none() {
            self.grant(thread, lock, operation, now);
        } else if tried {
            self.threads[thread].leave_out();
            self.schedule(thread, now);
        } else {
            self.locks[lock].queue.push_back((thread, now));
        }
    }

    /// `lock` is `thread`'s from `now` on; its lines come from the last holder.
    fn grant(&mut self, thread: usize, lock: usize, operation: usize, now: u64) {
        let lock = &mut self.locks[lock];
        let comes_from_elsewhere = lock.last.is_some_and(|last| last != thread);
        let transfer = if comes_from_elsewhere {
            self.model.transfers[operation]
        } else {
            0
        };
        (lock.holder, lock.last, lock.since) = (Some(thread), Some(thread), now);
        self.transferred += transfer;
        self.threads[thread].advance();
        self.schedule(thread, now + transfer);
    }

    fn open(&mut self, thread: usize, number: usize, now: u64) {
        let lock = &mut self.locks[number];
        // A stream may begin with the end of a hold.
        if lock.holder == Some(thread) {
            lock.held += now - lock.since;
            lock.holder = None;
            if let Some((next, since)) = lock.queue.pop_front() {
                self.waited += now - since;
                if let Action::Take { operation, .. } = self.threads[next].step().action {
                    self.grant(next, number, operation, now);
                }
            }
        }
        self.threads[thread].advance();
        self.schedule(thread, now);
    }

    fn result(self, processors: usize, horizon: u64) -> Scaled {
        let time = horizon.max(1) as f64;
        let all = time * processors as f64;
        let done: u64 = self.threads.iter().map(|thread| thread.done).sum();
        let parts = self.locks.chunks(self.model.shards);
        Scaled {
            speedup: done as f64 / time,
            waited: self.waited as f64 / all,
            transferred: self.transferred as f64 / all,
            held: parts
                .map(|parts| parts.iter().map(|lock| lock.held).max().unwrap_or(0) as f64 / time)
                .collect(),
        }
    }
}

impl Thread<'_> {
    fn step(&self) -> Step {
        self.steps[self.position]
    }

    fn advance(&mut self) {
        self.position = (self.position + 1) % self.steps.len();
    }

    /// Passes over a hold that was only tried, with all that is done meanwhile.
    fn leave_out(&mut self) {
        let Action::Take { lock: tried, .. } = self.step().action else {
            return;
        };
        for _ in 0..self.steps.len() {
            self.advance();
            let before = (self.position + self.steps.len() - 1) % self.steps.len();
            if matches!(self.steps[before].action, Action::Open { lock } if lock == tried) {
                break;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(lock: usize, work: u64) -> Step {
        let (operation, tried) = (0, false);
        Step {
            work,
            action: Action::Take {
                lock,
                operation,
                tried,
            },
        }
    }

    fn open(lock: usize, work: u64) -> Step {
        Step {
            work,
            action: Action::Open { lock },
        }
    }

    fn simulate(
        threads: &[Vec<Step>],
        transfer: u64,
        shards: usize,
        processors: usize,
        horizon: u64,
    ) -> Scaled {
        let model = Model {
            threads,
            locks: 4,
            transfers: &[transfer],
            shards,
        };
        model.run(processors, horizon)
    }

    #[test]
    fn one_processor_is_as_fast_as_it_is() {
        let stream = vec![take(0, 70), open(0, 30)];
        let scaled = simulate(&[stream], 500, 1, 1, 100_000);
        assert_eq!(
            (scaled.speedup, scaled.waited, scaled.transferred),
            (1.0, 0.0, 0.0)
        );
        assert_eq!(scaled.held[0], 0.3);
    }

    #[test]
    fn threads_that_are_always_under_one_lock_take_turns() {
        let stream = vec![take(0, 0), open(0, 100)];
        for processors in [2, 3, 64] {
            let scaled = simulate(std::slice::from_ref(&stream), 0, 1, processors, 100_000);
            assert_eq!((scaled.speedup, scaled.held[0]), (1.0, 1.0));
            let expected = 1.0 - 1.0 / processors as f64;
            assert!((scaled.waited - expected).abs() < 1e-12, "{scaled:?}");
        }
    }

    #[test]
    fn threads_without_a_common_lock_do_not_wait() {
        let of = |lock| vec![take(lock, 10), open(lock, 90)];
        let scaled = simulate(&[of(0), of(1), of(2)], 1000, 1, 3, 100_000);
        assert_eq!((scaled.speedup, scaled.waited), (3.0, 0.0));
        assert_eq!(scaled.held, [0.9, 0.9, 0.9, 0.0]);
    }

    #[test]
    fn every_change_of_hands_costs_a_transfer() {
        // Always under the lock, in turns: of 125 picoseconds 100 are work.
        let stream = vec![take(0, 0), open(0, 100)];
        let scaled = simulate(&[stream], 25, 1, 2, 1_000_025);
        assert!((scaled.speedup - 0.8).abs() < 1e-3, "{scaled:?}");
        assert!((scaled.transferred - 0.1).abs() < 1e-3, "{scaled:?}");
    }

    #[test]
    fn a_lock_bounds_what_its_holds_let_through() {
        // A tenth of the time under the lock: ten processors at most.
        let stream = vec![take(0, 90), open(0, 10)];
        let at = |processors| {
            simulate(std::slice::from_ref(&stream), 0, 1, processors, 1_000_000).speedup
        };
        // At first all five come at once.
        assert!((at(5) - 5.0).abs() < 0.001, "{}", at(5));
        assert!((at(64) - 10.0).abs() < 0.01, "{}", at(64));
    }

    #[test]
    fn shards_are_locks_of_their_own() {
        let stream = vec![take(0, 0), open(0, 100)];
        let scaled = simulate(&[stream], 0, 4, 8, 100_000);
        assert_eq!((scaled.speedup, scaled.held[0]), (4.0, 1.0));
    }

    #[test]
    fn a_lock_that_is_only_tried_is_not_waited_for() {
        let mut tries = vec![
            take(0, 100),
            take(1, 5),
            open(1, 5),
            open(0, 40),
            take(2, 50),
            open(2, 0),
        ];
        if let Action::Take { tried, .. } = &mut tries[0].action {
            *tried = true;
        }
        let holds = vec![take(0, 0), open(0, 1_000_000)];
        let scaled = simulate(&[holds, tries], 0, 1, 2, 150_000);
        // The first thread has the lock all the time; the second goes round in 150.
        assert_eq!((scaled.speedup, scaled.waited), (2.0, 0.0));
        assert_eq!(scaled.held[1], 0.0);
    }

    #[test]
    fn threads_of_one_stream_begin_where_no_lock_is_held() {
        let stream = vec![
            take(0, 1),
            take(1, 1),
            open(1, 1),
            open(0, 1),
            take(2, 1),
            open(2, 1),
        ];
        for number in 0..100 {
            assert!([0, 4].contains(&start(&stream, number)), "{number}");
        }
        assert_eq!(start(&stream, 0), 0);
    }

    #[test]
    fn many_processors_are_simulated_for_less_long() {
        let stream = [take(0, 90), open(0, 10)];
        let threads: Vec<_> = std::iter::repeat_n(stream.repeat(1_000_000), 1).collect();
        let model = Model {
            threads: &threads,
            locks: 1,
            transfers: &[0],
            shards: 1,
        };
        assert_eq!(model.horizon(1), 100_000_000);
        assert_eq!(model.horizon(64), 3_125_000);
    }
}
