//! A Puma whose answers are those under glibc.

use super::application::Application;
use super::load;
use super::web::Puma;
use crate::allocators::Allocator;
use crate::launch::Usage;
use crate::service::{self, Checked, Digest, Terms};
use anyhow::{Context, Result, ensure};

const SCALE: u64 = 20;
/// In one process, with threads.
const WORKERS: u16 = 0;
/// In a round.
const REQUESTS: u64 = 100;
const EXPORTS: u64 = 1;

/// Runs a server for as long as `terms` say.
pub(crate) fn run(terms: &Terms) -> Result<Checked> {
    let directory = tempfile::tempdir()?;
    let application = Application::create(directory.path(), SCALE)?;
    let glibc = start(&application, &Allocator::named("glibc")?)?;
    let expected = ask(&glibc)?;
    glibc.stop()?;
    let puma = start(&application, &terms.allocator)?;
    let worked = terms.rounds(|_| {
        ensure!(ask(&puma)? == expected, "other answers than under glibc");
        puma.collect(WORKERS)?;
        Ok(REQUESTS + EXPORTS)
    });
    let (rounds, answers) = match worked {
        Ok(worked) => worked,
        // The log tells why a status is an error.
        Err(error) => return Err(error.context(puma.stop()?.errors)),
    };
    let figures = terms.figures(puma.running())?;
    let meshes: u64 = figures.iter().map(|figures| figures.meshes).sum();
    ensure!(meshes > 0, "nothing was meshed");
    expect_no_fault(&puma.stop()?)?;
    Ok(Checked {
        rounds,
        answers,
        figures,
    })
}

fn start(application: &Application, allocator: &Allocator) -> Result<Puma> {
    let puma = Puma::start(application, allocator, WORKERS, None)?;
    puma.wait_until_it_answers(allocator)?;
    Ok(puma)
}

/// One round of requests, the same each time.
fn ask(puma: &Puma) -> Result<Digest> {
    let mut requests = load::mixed(REQUESTS, SCALE);
    requests.extend(load::exports(EXPORTS));
    let done = load::all_at_once(puma.socket(), &requests)?;
    done.answers.context("no answers")
}

/// Puma says nothing while all is well.
fn expect_no_fault(usage: &Usage) -> Result<()> {
    let is_fault = |line: &str| line.contains("rror") || line.contains("[BUG]");
    service::expect_no_fault(&usage.errors, is_fault)
}
