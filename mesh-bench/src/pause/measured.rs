//! The measured process: threads that fill their objects' spans, thin them out, and use what is left.

use super::outcome::{Kind, Outcome};
use super::plan::Plan;
use super::recorder::Recorder;
use crate::block::Block;
use crate::child;
use anyhow::{Context, Result, bail};
use fastrand::Rng;
use std::io::{self, PipeReader, PipeWriter, Write};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

/// Writes and reads for each object that survives.
const USES: usize = 4;

/// Bytes of one read, where the object has room.
const MESSAGE: usize = 64;

/// Does what `plan`, a [`Plan`] in JSON, says and prints the [`Outcome`] in JSON.
pub(crate) fn run_plan(plan: &str) -> Result<()> {
    child::answer(plan, carry_out)
}

fn carry_out(plan: &Plan) -> Result<Outcome> {
    let end = Instant::now() + Duration::from_secs_f64(plan.seconds);
    let mut sum = Recorder::new();
    std::thread::scope(|scope| {
        let start = |number| scope.spawn(move || Worker::new(plan, number)?.work(plan, end));
        let workers: Vec<_> = (0..plan.threads).map(start).collect();
        for worker in workers {
            match worker.join() {
                Ok(recorder) => sum.add(recorder?),
                Err(_) => bail!("a thread ended early"),
            }
        }
        Ok(())
    })?;
    let kinds = Kind::ALL.map(|kind| (kind, sum.times(kind)));
    Ok(Outcome {
        kinds: kinds.into(),
        meshing: None,
    })
}

/// One thread, with its objects and a pipe to itself.
struct Worker {
    objects: Vec<Option<Block>>,
    recorder: Recorder,
    random: Rng,
    reader: PipeReader,
    writer: PipeWriter,
}

impl Worker {
    fn new(plan: &Plan, number: usize) -> Result<Self> {
        let (reader, writer) = io::pipe().context("a pipe")?;
        Ok(Self {
            objects: (0..plan.objects()).map(|_| None).collect(),
            recorder: Recorder::new(),
            random: Rng::with_seed(plan.seed + number as u64),
            reader,
            writer,
        })
    }

    /// Goes round until the time is over.
    fn work(mut self, plan: &Plan, end: Instant) -> Result<Recorder> {
        while Instant::now() < end {
            self.fill(plan.size);
            self.thin_out(plan.keep);
            self.make_use(end)?;
        }
        for (stamp, object) in self.objects.iter().enumerate() {
            object.iter().for_each(|block| block.expect(stamp as u64));
        }
        Ok(self.recorder)
    }

    fn fill(&mut self, size: usize) {
        for (stamp, place) in self.objects.iter_mut().enumerate() {
            if place.is_none() {
                let block = self
                    .recorder
                    .time(Kind::Malloc, || Block::new(size, stamp as u64));
                *place = Some(block);
            }
        }
    }

    fn thin_out(&mut self, keep: f64) {
        for (stamp, place) in self.objects.iter_mut().enumerate() {
            if self.random.f64() >= keep
                && let Some(block) = place.take()
            {
                block.expect(stamp as u64);
                self.recorder.time(Kind::Free, || drop(block));
            }
        }
    }

    /// Writes and reads to survivors, in turns.
    fn make_use(&mut self, end: Instant) -> Result<()> {
        let survivors: usize = self.objects.iter().flatten().count();
        for _ in 0..survivors * USES / 2 {
            if Instant::now() >= end {
                break;
            }
            self.write_to_one();
            self.read_into_one()?;
        }
        Ok(())
    }

    /// The number of an object that lives, if one is soon found.
    fn choose(&mut self) -> Option<usize> {
        let len = self.objects.len();
        let start = self.random.usize(..len.max(1));
        (start..len).find(|&index| self.objects[index].is_some())
    }

    fn write_to_one(&mut self) {
        if let Some(index) = self.choose()
            && let Some(block) = &mut self.objects[index]
        {
            self.recorder
                .time(Kind::Write, || block.restamp(index as u64));
        }
    }

    fn read_into_one(&mut self) -> Result<()> {
        let Some(index) = self.choose() else {
            return Ok(());
        };
        let Some(block) = &mut self.objects[index] else {
            return Ok(());
        };
        self.writer.write_all(&[0x77; MESSAGE]).context("write")?;
        let mut left = MESSAGE;
        while left > 0 {
            let file = self.reader.as_fd();
            let received = self.recorder.time(Kind::Read, || block.receive(file, left));
            match received.context("read")? {
                0 => bail!("the end of a pipe that is open"),
                length => left -= length,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_operation_is_timed() {
        let plan = Plan {
            threads: 2,
            heap: 64 << 10,
            size: 128,
            keep: 0.25,
            seconds: 0.05,
            seed: 1,
        };
        let outcome = carry_out(&plan).unwrap();
        for (kind, times) in outcome.kinds {
            assert!(times.count > 0, "{kind:?}");
        }
    }

    #[test]
    fn a_small_object_takes_several_reads() {
        let plan = Plan {
            threads: 1,
            heap: 64,
            size: 32,
            keep: 1.0,
            seconds: 0.0,
            seed: 1,
        };
        let mut worker = Worker::new(&plan, 0).unwrap();
        worker.fill(plan.size);
        worker.read_into_one().unwrap();
        assert_eq!(worker.recorder.times(Kind::Read).count, 3);
    }
}
