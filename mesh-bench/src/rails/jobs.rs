//! Jobs as Sidekiq's clients put them into Redis, and their results.

use crate::interrupt;
use crate::redis::client::Client;
use crate::service::{Digest, Done};
use anyhow::{Context, Result, bail};
use std::ops::Range;
use std::time::{Duration, Instant};

/// A kind of job.
#[derive(Clone, Copy, Debug)]
pub(super) enum Job {
    Summary,
    Export,
    Collect,
}

/// Gives jobs to a worker, each with a number of its own.
pub(super) struct Queue {
    client: Client,
    given: u64,
}

const LIMIT: Duration = Duration::from_secs(300);
const ASK_PERIOD: Duration = Duration::from_millis(20);

impl Job {
    fn class(self) -> &'static str {
        match self {
            Self::Summary => "SummaryJob",
            Self::Export => "ExportJob",
            Self::Collect => "CollectJob",
        }
    }

    fn entry(self, number: u64) -> String {
        let entry = serde_json::json!({
            "class": self.class(),
            "args": [number],
            "jid": format!("{number:024x}"),
            "queue": "default",
            "retry": false,
            "created_at": 0,
            "enqueued_at": 0,
        });
        entry.to_string()
    }
}

impl Queue {
    /// Over a connection to the worker's Redis.
    pub(super) fn new(client: Client) -> Self {
        Self { client, given: 0 }
    }

    /// Whether a worker has made itself known.
    pub(super) fn has_worker(&mut self) -> Result<bool> {
        Ok(self.client.call(&["SCARD", "processes"])? != "0")
    }

    /// Gives `count` jobs at once, and waits for all results.
    pub(super) fn all_at_once(&mut self, job: Job, count: u64) -> Result<Done> {
        let started = Instant::now();
        let numbers = self.give(job, count)?;
        self.wait()?;
        Ok(Done {
            rate: Some(count as f64 / started.elapsed().as_secs_f64()),
            answers: Some(self.results(numbers)?),
        })
    }

    /// Gives `count` jobs one after the other, one each `pace`, or later if it takes longer.
    pub(super) fn one_by_one(&mut self, job: Job, count: u64, pace: Duration) -> Result<Done> {
        let mut answers = Digest::default();
        for _ in 0..count {
            let given = Instant::now();
            let numbers = self.give(job, 1)?;
            self.wait()?;
            answers.merge(self.results(numbers)?);
            std::thread::sleep(pace.saturating_sub(given.elapsed()));
        }
        Ok(Done {
            rate: None,
            answers: Some(answers),
        })
    }

    fn give(&mut self, job: Job, count: u64) -> Result<Range<u64>> {
        let numbers = self.given..self.given + count;
        let push = |number| {
            let words = ["LPUSH", "queue:default", &job.entry(number)];
            words.map(str::to_owned).to_vec()
        };
        let commands: Vec<Vec<String>> = numbers.clone().map(push).collect();
        self.client.call_all(&commands)?;
        self.given = numbers.end;
        Ok(numbers)
    }

    /// Until each job that was given has left a result.
    fn wait(&mut self) -> Result<()> {
        let started = Instant::now();
        loop {
            interrupt::check()?;
            let done = self.client.call(&["HLEN", "results"])?;
            if done.parse::<u64>().context("a number of results")? == self.given {
                return Ok(());
            }
            let failed = self.client.call(&["EVAL", FAILED, "0"])?;
            if failed != "0" {
                bail!("{failed} jobs fail");
            }
            if started.elapsed() > LIMIT {
                bail!(
                    "{done} of {} jobs done after {} s",
                    self.given,
                    LIMIT.as_secs()
                );
            }
            std::thread::sleep(ASK_PERIOD);
        }
    }

    fn results(&mut self, numbers: Range<u64>) -> Result<Digest> {
        let mut digest = Digest::default();
        for number in numbers {
            let result = self
                .client
                .call(&["HGET", "results", &number.to_string()])?;
            digest.add(number, result.as_bytes());
        }
        Ok(digest)
    }
}

/// How many jobs failed; Sidekiq counts them from the first.
const FAILED: &str = "return tonumber(redis.call('GET', 'stat:failed') or 0)";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_what_sidekiq_reads() {
        let entry: serde_json::Value = serde_json::from_str(&Job::Export.entry(7)).unwrap();
        assert_eq!(entry["class"], "ExportJob");
        assert_eq!(entry["args"], serde_json::json!([7]));
        assert_eq!(entry["jid"].as_str().unwrap().len(), 24);
        assert_eq!(entry["retry"], false);
    }
}
