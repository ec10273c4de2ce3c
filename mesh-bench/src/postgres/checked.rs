//! A server whose answers are those under glibc, and whose books balance.

use super::cluster::{Cluster, Server};
use super::pgbench::{self, Kind};
use super::pool::{self, Pool};
use crate::allocators::Allocator;
use crate::launch::Usage;
use crate::service::{self, Checked, Digest, Done, Terms};
use anyhow::{Context, Result, ensure};

const SESSIONS: u16 = 10;
/// Of each session in a round.
const QUERIES: u64 = 10;
const READS: u64 = 200;
const WRITES: u64 = 20;

/// Runs a server for as long as `terms` say.
pub(crate) fn run(terms: &Terms) -> Result<Checked> {
    let original = Cluster::create(|server| {
        pgbench::initialize(server, 1)?;
        pool::create_tables(&mut server.session()?)
    })?;
    let expected = under_glibc(&original)?;
    let server = start(&original, &terms.allocator)?;
    let mut sessions = Pool::open(&server, SESSIONS)?;
    let of_round = u64::from(SESSIONS) * QUERIES;
    let (rounds, answers) = terms.rounds(|_| {
        pgbench::run(&server, Kind::Reads, SESSIONS, READS)?;
        pgbench::run(&server, Kind::TpcB, SESSIONS, WRITES)?;
        expect(&sessions.ask(QUERIES)?, &expected)?;
        Ok(of_round)
    })?;
    let figures = terms.figures(server.running())?;
    balance(&server, rounds)?;
    drop(sessions);
    let (_, usage) = server.stop()?;
    expect_no_fault(&usage)?;
    Ok(Checked {
        rounds,
        answers,
        figures,
    })
}

/// What the pool's queries are answered: transactions change nothing of it.
fn under_glibc(original: &Cluster) -> Result<Digest> {
    let server = start(original, &Allocator::named("glibc")?)?;
    let done = Pool::open(&server, SESSIONS)?.ask(QUERIES)?;
    server.stop()?;
    done.answers.context("no answers")
}

fn start(original: &Cluster, allocator: &Allocator) -> Result<Server> {
    let preload = |command: &mut _| allocator.preload(command);
    let server = Server::start(original.copy()?, preload, None)?;
    server.wait_until_it_answers()?;
    server.expect_library(allocator)?;
    Ok(server)
}

fn expect(done: &Done, expected: &Digest) -> Result<()> {
    ensure!(
        done.answers.as_ref() == Some(expected),
        "other answers than under glibc"
    );
    Ok(())
}

/// Each transaction adds the same to an account, a teller and a branch, and writes it down.
fn balance(server: &Server, rounds: u64) -> Result<()> {
    let transactions = rounds * u64::from(SESSIONS) * WRITES;
    let rows = server.session()?.query(&format!(
        "SELECT (SELECT count(*) FROM pgbench_history) = {transactions} \
        AND (SELECT sum(abalance) FROM pgbench_accounts) = (SELECT sum(delta) FROM pgbench_history) \
        AND (SELECT sum(tbalance) FROM pgbench_tellers) = (SELECT sum(delta) FROM pgbench_history) \
        AND (SELECT sum(bbalance) FROM pgbench_branches) = (SELECT sum(delta) FROM pgbench_history)"
    ))?;
    ensure!(rows.ends_with(b"t"), "the books do not balance");
    Ok(())
}

fn expect_no_fault(usage: &Usage) -> Result<()> {
    service::expect_no_fault(&usage.errors, is_fault)
}

/// Whether a line of the log tells of a fault; that it is starting up, the server says to who asks early.
fn is_fault(line: &str) -> bool {
    let kinds = [
        "ERROR:",
        "FATAL:",
        "PANIC:",
        "WARNING:",
        "terminated by signal",
    ];
    kinds.iter().any(|kind| line.contains(kind))
        && !line.contains("the database system is starting up")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_found_in_what_postgres_logs() {
        assert!(!is_fault(
            "2026-11-30 20:52:20 UTC [1] LOG:  database system is ready to accept connections"
        ));
        assert!(!is_fault(
            "2026-11-30 20:52:20 UTC [1] FATAL:  the database system is starting up"
        ));
        assert!(is_fault(
            "2026-11-30 20:52:20 UTC [1] ERROR:  could not read block 7"
        ));
        assert!(is_fault(
            "2026-11-30 20:52:20 UTC [1] LOG:  server process (PID 2) was terminated by signal 11"
        ));
    }
}
