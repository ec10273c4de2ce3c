//! The measured process: asks for what the trace says, in its order, in one thread.
//!
//! Between the baseline and the last figure nothing allocates but the trace.

use super::file::TraceFile;
use super::outcome::{Outcome, Plan};
use super::places::{Damage, Places};
use crate::child;
use crate::course::Sample;
use crate::fragment::gauge::Gauge;
use anyhow::{Context, Result, anyhow, bail};
use std::path::Path;
use std::time::{Duration, Instant};
use trace::{Event, Record};

/// Samples over the records of a trace, and over its pauses; one more for the idle time each tick.
const SAMPLES: u64 = 200;
const SHORTEST_TICK: Duration = Duration::from_millis(20);

/// Does what `plan`, a [`Plan`] in JSON, says and prints the [`Outcome`] in JSON; `charges` is the file with the charge of
/// our control group.
pub(crate) fn run_plan(plan: &str, charges: Option<&Path>) -> Result<()> {
    child::answer(plan, |plan| carry_out(plan, charges))
}

fn carry_out(plan: &Plan, charges: Option<&Path>) -> Result<Outcome> {
    let file = TraceFile::open(&plan.file)?;
    let mut places = Places::new(plan.places).context("the table of objects")?;
    // Read once, so that the mapping is in memory before the baseline.
    for record in file.records()? {
        record?;
    }
    let mut player = Player::new(plan, Gauge::new(charges).context("physical memory")?)?;
    player.sample()?;
    let (mut damage, mut corrupt) = (None, plan.corrupt);
    for (index, record) in (0..).zip(file.records()?) {
        let record = record?;
        player.wait_for(&record, plan)?;
        if let Err(wrong) = act(&mut places, &record, index) {
            damage = Some(describe(&wrong, object_of(&record), Some(index)));
            break;
        }
        if corrupt.is_some_and(|from| index >= from) && places.damage(object_of(&record)) {
            corrupt = None;
        }
        player.records += 1;
        if player.records.is_multiple_of(player.every) {
            player.sample()?;
        }
    }
    let end_bytes = player.sample()?;
    let played_s = player.at_s();
    let idle = Duration::from_secs_f64(plan.idle_s);
    player.sleep(idle, Instant::now() + idle)?;
    let (mut live_objects, mut live_bytes) = (0, 0);
    match places.check_all() {
        Ok(live) => (live_objects, live_bytes) = live,
        Err((object, wrong)) => damage = damage.or(Some(describe(&wrong, object, None))),
    }
    let final_bytes = player.sample()?;
    Ok(Outcome {
        records: player.records,
        cpu_s: player.cpu.as_secs_f64(),
        played_s,
        samples: player.samples,
        end_bytes,
        final_bytes,
        live_objects,
        live_bytes,
        damage,
    })
}

/// Plays the first `records` records without pauses; the objects that are live then.
pub(crate) fn play_to(file: &Path, places: u32, records: u64) -> Result<Places> {
    let file = TraceFile::open(file)?;
    let mut places = Places::new(places).context("the table of objects")?;
    for (index, record) in (0..records).zip(file.records()?) {
        let record = record?;
        act(&mut places, &record, index)
            .map_err(|wrong| anyhow!(describe(&wrong, object_of(&record), Some(index))))?;
    }
    Ok(places)
}

/// What the record asks for. The stamp of an object is that of the record that gave it its size.
fn act(places: &mut Places, record: &Record, index: u64) -> Result<(), Damage> {
    let bytes = |size: u64| usize::try_from(size).map_err(|_| Damage::Trace);
    match record.event {
        Event::Allocate { object, size, how } => places.allocate(object, bytes(size)?, how, index),
        // For zero, allocators differ in whether there is an object left.
        Event::Resize { object, size } => places.resize(object, bytes(size)?.max(1), index),
        Event::Free { object } => places.free(object),
    }
}

fn object_of(record: &Record) -> u32 {
    match record.event {
        Event::Allocate { object, .. } | Event::Resize { object, .. } | Event::Free { object } => {
            object
        }
    }
}

fn describe(damage: &Damage, object: u32, record: Option<u64>) -> String {
    let what = match damage {
        Damage::Byte(byte) => format!("byte {byte} of object {object} changed"),
        Damage::NotZero(byte) => format!("byte {byte} of object {object} from calloc is not zero"),
        Damage::Alignment => format!("object {object} is not aligned"),
        Damage::Trace => format!("the trace asks for the impossible with object {object}"),
    };
    match record {
        Some(record) => format!("{what}, seen at record {record}"),
        None => format!("{what}, seen at the end"),
    }
}

/// Time, and what was measured so far.
struct Player<'a> {
    gauge: Gauge<'a>,
    started: Instant,
    /// Records between two samples.
    every: u64,
    /// Time between two samples in a pause.
    tick: Duration,
    records: u64,
    samples: Vec<Sample>,
    /// CPU time that is not for samples, up to the last one; and all of it at its end.
    cpu: Duration,
    cpu_before: Duration,
}

impl<'a> Player<'a> {
    fn new(plan: &Plan, gauge: Gauge<'a>) -> Result<Self> {
        let pauses = Duration::from_secs_f64(plan.playing_s().max(plan.idle_s));
        let nothing = Sample {
            at_s: 0.0,
            mapped: None,
            charged: None,
        };
        // Written, so that the pages are there before the first request.
        let mut samples = vec![nothing; 4 * SAMPLES as usize];
        samples.clear();
        Ok(Self {
            gauge,
            started: Instant::now(),
            every: (plan.records / SAMPLES).max(1),
            tick: (pauses / SAMPLES as u32).max(SHORTEST_TICK),
            records: 0,
            samples,
            cpu: Duration::ZERO,
            cpu_before: cpu_time()?,
        })
    }

    fn at_s(&self) -> f64 {
        self.started.elapsed().as_secs_f64()
    }

    /// Takes a sample, as long as there is room for one; returns its bytes.
    fn sample(&mut self) -> Result<u64> {
        let before = cpu_time()?;
        self.cpu += before.saturating_sub(self.cpu_before);
        let at_s = self.at_s();
        let heap = self.gauge.heap()?;
        let sample = Sample {
            at_s,
            mapped: Some(heap.mapped),
            // The larger account: see `Gauge`.
            charged: Some(heap.bytes()),
        };
        if self.samples.len() < self.samples.capacity() {
            self.samples.push(sample);
        }
        self.cpu_before = cpu_time()?;
        Ok(sample.bytes())
    }

    /// Waits until the time of `record` has come.
    fn wait_for(&mut self, record: &Record, plan: &Plan) -> Result<()> {
        if plan.speed <= 0.0 {
            return Ok(());
        }
        let due = Duration::from_secs_f64(record.time as f64 / 1e3 / plan.speed);
        let now = self.started.elapsed();
        if due <= now {
            return Ok(());
        }
        self.sleep(due - now, self.started + due)
    }

    /// Sleeps until `end`, which is `time` away, with a sample each tick.
    fn sleep(&mut self, time: Duration, end: Instant) -> Result<()> {
        let mut left = time;
        while !left.is_zero() {
            std::thread::sleep(left.min(self.tick));
            if left >= self.tick {
                self.sample()?;
            }
            left = end.saturating_duration_since(Instant::now());
        }
        Ok(())
    }
}

/// CPU time of this process, with all its threads.
fn cpu_time() -> Result<Duration> {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the place is ours.
    if unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut time) } != 0 {
        bail!("no clock for CPU time");
    }
    Ok(Duration::new(
        time.tv_sec.unsigned_abs(),
        u32::try_from(time.tv_nsec).unwrap_or(0),
    ))
}
