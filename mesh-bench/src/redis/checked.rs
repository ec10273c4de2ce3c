//! A server whose values are read back, from its memory and from its database.

use super::client::Client;
use super::server::Server;
use crate::service::{self, Checked, Terms};
use anyhow::{Context, Result, ensure};
use fastrand::Rng;
use std::fs;

/// Keys that there may be.
const KEYS: usize = 200_000;
/// Commands that are sent at once.
const BATCH: usize = 1_000;
/// Such in a round.
const BATCHES: usize = 50;
/// Rounds from one save to the next.
const SAVE: u64 = 4;

/// A command, and the answer to it.
type Exchange = (Vec<String>, String);

/// What the server has to have.
struct Model {
    /// The value of each key that is there, as `text` makes it.
    values: Vec<Option<Value>>,
    rng: Rng,
}

#[derive(Clone, Copy)]
struct Value {
    seed: u32,
    length: usize,
}

/// Runs a server for as long as `terms` say.
pub(crate) fn run(terms: &Terms) -> Result<Checked> {
    let directory = tempfile::tempdir()?;
    let log = directory.path().join("log");
    let logfile = log.to_str().context("the path of the log")?;
    let options = ["--logfile", logfile, "--enable-debug-command", "yes"];
    let server = Server::start(&terms.allocator, &options, None)?;
    let mut client = server.client()?;
    let mut model = Model::new();
    let (rounds, mut answers) = terms.rounds(|round| {
        // Its child reads while the others write.
        if round.is_multiple_of(SAVE) {
            save(&mut client)?;
        }
        (0..BATCHES)
            .map(|_| expect(&mut client, model.change(round)))
            .sum()
    })?;
    for keys in (0..KEYS).collect::<Vec<_>>().chunks(BATCH) {
        answers += expect(&mut client, model.thin(keys))?;
    }
    let figures = terms.figures(server.running())?;
    let meshes: u64 = figures.iter().map(|figures| figures.meshes).sum();
    ensure!(meshes > 0, "nothing was meshed");
    answers += expect_all(&mut client, &model)?;
    client.call(&["DEBUG", "RELOAD"])?;
    answers += expect_all(&mut client, &model)?;
    server.stop()?;
    let log = fs::read_to_string(log).context("the log")?;
    service::expect_no_fault(&log, is_fault)?;
    Ok(Checked {
        rounds,
        answers,
        figures,
    })
}

/// Has a child write the database, unless one does.
fn save(client: &mut Client) -> Result<()> {
    match client.call(&["BGSAVE", "SCHEDULE"]) {
        Err(error) if format!("{error:#}").contains("already in progress") => Ok(()),
        answer => answer.map(drop),
    }
}

/// Whether a line of the log tells of a fault; warnings are about the machine, and come at the start.
fn is_fault(line: &str) -> bool {
    if line.contains("WARNING") {
        return false;
    }
    let line = line.to_lowercase();
    let words = ["error", "fail", "crash", "bug report", "out of memory"];
    words.iter().any(|word| line.contains(word)) || line.contains("terminated by signal")
}

/// Sends all commands at once, and returns how many answers there were, all of them right.
fn expect(client: &mut Client, exchanges: Vec<Exchange>) -> Result<u64> {
    let (commands, expected): (Vec<_>, Vec<_>) = exchanges.into_iter().unzip();
    let answers = client.ask_all(&commands)?;
    for ((command, expected), answer) in commands.iter().zip(&expected).zip(&answers) {
        ensure!(
            answer == expected,
            "{command:?}: {answer} and not {expected}"
        );
    }
    Ok(answers.len() as u64)
}

/// Asks for every key.
fn expect_all(client: &mut Client, model: &Model) -> Result<u64> {
    let keys: Vec<usize> = (0..KEYS).collect();
    keys.chunks(BATCH)
        .map(|keys| expect(client, keys.iter().map(|&key| model.read(key)).collect()))
        .sum()
}

impl Model {
    fn new() -> Self {
        Self {
            values: vec![None; KEYS],
            rng: Rng::with_seed(1),
        }
    }

    /// Keys are set, deleted and read at random. Values may be longer in every other round, so that what comes does not fit where others have gone.
    fn change(&mut self, round: u64) -> Vec<Exchange> {
        let longest = if round.is_multiple_of(2) { 400 } else { 1_000 };
        (0..BATCH)
            .map(|_| {
                let key = self.rng.usize(..KEYS);
                match self.rng.u32(..10) {
                    0..5 => self.set(key, longest),
                    5..9 => self.delete(key),
                    _ => self.read(key),
                }
            })
            .collect()
    }

    /// Three of four keys are deleted: what is left lies sparse.
    fn thin(&mut self, keys: &[usize]) -> Vec<Exchange> {
        let keys = keys
            .iter()
            .filter(|_| self.rng.u32(..4) > 0)
            .collect::<Vec<_>>();
        keys.into_iter().map(|&key| self.delete(key)).collect()
    }

    fn set(&mut self, key: usize, longest: usize) -> Exchange {
        let value = Value {
            seed: self.rng.u32(..),
            length: self.rng.usize(1..=longest),
        };
        self.values[key] = Some(value);
        (command("SET", key, &[value.text()]), "OK".to_owned())
    }

    fn delete(&mut self, key: usize) -> Exchange {
        let was_there = self.values[key].take().is_some();
        (command("DEL", key, &[]), u8::from(was_there).to_string())
    }

    fn read(&self, key: usize) -> Exchange {
        match self.values[key] {
            Some(value) => (command("GET", key, &[]), value.text()),
            None => (command("EXISTS", key, &[]), "0".to_owned()),
        }
    }
}

impl Value {
    /// Letters.
    fn text(self) -> String {
        let mut rng = Rng::with_seed(self.seed.into());
        let letters = std::iter::repeat_with(|| rng.lowercase());
        letters.take(self.length).collect()
    }
}

fn command(verb: &str, key: usize, rest: &[String]) -> Vec<String> {
    let words = [verb.to_owned(), format!("key:{key}")];
    words.into_iter().chain(rest.iter().cloned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_model_expects_what_was_set_last() {
        let mut model = Model::new();
        let (set, _) = model.set(3, 50);
        assert_eq!(model.read(3), (command("GET", 3, &[]), set[2].clone()));
        assert_eq!(model.delete(3).1, "1");
        assert_eq!(model.delete(3).1, "0");
        assert_eq!(model.read(3).0, ["EXISTS", "key:3"]);
    }

    #[test]
    fn faults_are_found_in_what_redis_logs() {
        assert!(!is_fault(
            "1:M 30 Nov 2026 20:52:20.000 # Server initialized"
        ));
        assert!(is_fault(
            "1:M 30 Nov 2026 20:52:20.000 # Redis 7.0.15 crashed by signal: 11"
        ));
        assert!(is_fault(
            "1:C 30 Nov 2026 20:52:20.000 # Background saving error"
        ));
    }
}
