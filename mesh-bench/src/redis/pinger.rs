//! A second client that pings, and sees how long the server takes to answer.

use super::client::Client;
use super::server::Server;
use anyhow::{Context, Result, anyhow};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

const PERIOD: Duration = Duration::from_millis(1);

/// One ping.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ping {
    sent: Instant,
    took: Duration,
}

/// A thread that pings once a millisecond.
pub(crate) struct Pinger {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Result<Vec<Ping>>>,
}

impl Pinger {
    /// Begins over a connection of its own.
    pub(crate) fn start(server: &Server) -> Result<Self> {
        let mut client = server.client()?;
        let stop = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&stop);
        let thread = std::thread::spawn(move || ping(&mut client, &seen));
        Ok(Self { stop, thread })
    }

    /// Ends it and returns all pings in order of time.
    pub(crate) fn stop(self) -> Result<Vec<Ping>> {
        // Relaxed: the pings come with the join.
        self.stop.store(true, Ordering::Relaxed);
        let pings = self.thread.join();
        pings.map_err(|_| anyhow!("the thread that pings ended badly"))?
    }
}

fn ping(client: &mut Client, stop: &AtomicBool) -> Result<Vec<Ping>> {
    let mut pings = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let sent = Instant::now();
        client.call(&["PING"]).context("a ping")?;
        let took = sent.elapsed();
        pings.push(Ping { sent, took });
        std::thread::sleep(PERIOD.saturating_sub(took));
    }
    Ok(pings)
}

/// The longest answer to a ping sent at `since` or later, in seconds; `None` when there was none.
pub(crate) fn longest_s(pings: &[Ping], since: Instant) -> Option<f64> {
    let later = pings.iter().filter(|ping| ping.sent >= since);
    later
        .map(|ping| ping.took.as_secs_f64())
        .max_by(f64::total_cmp)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pings_sent_before_do_not_count() {
        let start = Instant::now();
        let ping = |at: u64, took: u64| Ping {
            sent: start + Duration::from_millis(at),
            took: Duration::from_millis(took),
        };
        let pings = [ping(0, 900), ping(900, 2), ping(902, 5), ping(907, 1)];
        let since = |at: u64| longest_s(&pings, start + Duration::from_millis(at));
        assert_eq!(since(0), Some(0.9));
        assert_eq!(since(1), Some(0.005));
        assert_eq!(since(1000), None);
    }
}
