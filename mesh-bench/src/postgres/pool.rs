//! Sessions that stay, as those of an application's pool, over many tables.

use super::cluster::Server;
use super::session::Session;
use crate::interrupt;
use crate::service::{Digest, Done};
use anyhow::{Result, anyhow};
use fastrand::Rng;
use std::time::Instant;

/// Each session comes to know most of them, and keeps what it knows.
const TABLES: u64 = 200;
const ROWS: u64 = 100;
/// Threads of the application; each takes its sessions in turn.
const THREADS: usize = 5;

/// Sessions that are open.
pub(super) struct Pool {
    sessions: Vec<Session>,
}

/// Makes the tables, with the same contents each time.
pub(super) fn create_tables(session: &mut Session) -> Result<()> {
    for table in 0..TABLES {
        session.query(&format!(
            "CREATE TABLE item{table} (id int PRIMARY KEY, name text NOT NULL, kind int NOT NULL, price numeric(10, 2), made timestamp)"
        ))?;
        session.query(&format!(
            "INSERT INTO item{table} SELECT n, 'item ' || md5((n * 7 + {table})::text), n % 10, n * 1.25, timestamp '2024-01-01' + n * interval '1 hour' \
            FROM generate_series(1, {ROWS}) AS n"
        ))?;
        session.query(&format!("CREATE INDEX ON item{table} (kind, name)"))?;
    }
    session.query("VACUUM ANALYZE")?;
    Ok(())
}

impl Pool {
    /// Opens `count` sessions.
    pub(super) fn open(server: &Server, count: u16) -> Result<Self> {
        let sessions = (0..count).map(|_| server.session());
        Ok(Self {
            sessions: sessions.collect::<Result<_>>()?,
        })
    }

    /// Has each session do `queries` queries.
    pub(super) fn ask(&mut self, queries: u64) -> Result<Done> {
        let started = Instant::now();
        let count = self.sessions.len();
        let share = count.div_ceil(THREADS).max(1);
        let answers = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..)
                .zip(self.sessions.chunks_mut(share))
                .map(|(number, sessions)| {
                    scope.spawn(move || take_turns(number, sessions, queries))
                })
                .collect();
            let mut answers = Digest::default();
            for thread in threads {
                let ended = thread.join();
                answers.merge(ended.map_err(|_| anyhow!("a thread of the pool ended badly"))??);
            }
            anyhow::Ok(answers)
        })?;
        let done = count as f64 * queries as f64;
        Ok(Done {
            rate: Some(done / started.elapsed().as_secs_f64()),
            answers: Some(answers),
        })
    }
}

/// One thread's queries; `number` is its seed.
fn take_turns(number: u64, sessions: &mut [Session], queries: u64) -> Result<Digest> {
    let mut rng = Rng::with_seed(number);
    let mut digest = Digest::default();
    for query in 0..queries {
        for (place, session) in (0..).zip(&mut *sessions) {
            interrupt::check()?;
            let answer = session.query(&one(&mut rng))?;
            digest.add((number << 48) | (query << 16) | place, &answer);
        }
    }
    Ok(digest)
}

/// A join of a few tables, a document of a part of the accounts, or one of a table; the rows have an order.
fn one(rng: &mut Rng) -> String {
    let mut table = || rng.u64(..TABLES);
    let (a, b, c) = (table(), table(), table());
    match rng.u32(..10) {
        0..6 => format!(
            "SELECT x.id, x.name, y.name, z.price FROM item{a} AS x JOIN item{b} AS y USING (id) \
            JOIN item{c} AS z USING (id) WHERE x.kind = {} ORDER BY y.name, x.id",
            rng.u32(..10)
        ),
        6..8 => format!(
            "SELECT kind, count(*), sum(price), string_agg(name, ',' ORDER BY name) FROM item{a} GROUP BY kind ORDER BY kind"
        ),
        8 => format!("SELECT json_agg(x ORDER BY id) FROM item{a} AS x"),
        _ => {
            let from = rng.u32(..90_000);
            format!(
                "SELECT json_agg(json_build_object('aid', aid, 'bid', bid, 'filler', trim(filler)) ORDER BY md5(aid::text)) \
                FROM pgbench_accounts WHERE aid BETWEEN {from} AND {}",
                from + 2000
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_the_same_each_time_and_of_all_kinds() {
        let queries = |seed| -> Vec<String> {
            let mut rng = Rng::with_seed(seed);
            (0..200).map(|_| one(&mut rng)).collect()
        };
        assert_eq!(queries(1), queries(1));
        assert_ne!(queries(1), queries(2));
        for word in ["JOIN", "string_agg", "json_agg(x", "pgbench_accounts"] {
            let has = |query: &&String| query.contains(word);
            assert!(queries(1).iter().filter(has).count() > 5, "{word}");
        }
    }
}
