//! Requests to the application, and the clients that make them.

use super::http::{Connection, Request};
use crate::interrupt;
use crate::service::{Digest, Done};
use anyhow::{Result, anyhow};
use fastrand::Rng;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// As many as Puma has threads.
const CLIENTS: usize = 5;
const SEED: u64 = 1;

/// `count` requests as users of the application make them, with `scale` as the database has it.
pub(super) fn mixed(count: u64, scale: u64) -> Vec<Request> {
    let mut rng = Rng::with_seed(SEED);
    (0..count).map(|_| one(&mut rng, scale)).collect()
}

fn one(rng: &mut Rng, scale: u64) -> Request {
    let orders = 80 * scale;
    let pages = orders.div_ceil(100);
    match rng.u32(..100) {
        0..20 => Request::Get(format!("/orders?page={}", rng.u64(..pages))),
        20..35 => Request::Get(format!("/orders.json?page={}", rng.u64(..pages))),
        35..65 => Request::Get(format!("/orders/{}", 1 + rng.u64(..orders))),
        65..80 => Request::Get(format!("/customers/{}", 1 + rng.u64(..4 * scale))),
        80..90 => {
            let words = ["an", "ber", "dal", "kel", "ros", "zim"];
            Request::Get(format!(
                "/products?query={}",
                words[rng.usize(..words.len())]
            ))
        }
        _ => {
            let words: Vec<String> = (0..rng.u32(1..40))
                .map(|_| format!("word{}", rng.u32(..)))
                .collect();
            let event = serde_json::json!({"kind": "visit", "payload": {"words": words}});
            Request::Post("/events".into(), event.to_string())
        }
    }
}

/// `count` exports.
pub(super) fn exports(count: u64) -> Vec<Request> {
    let export = |part| Request::Get(format!("/export?part={part}"));
    (0..count).map(export).collect()
}

/// Makes all requests, each client one after the other.
pub(super) fn all_at_once(socket: &Path, requests: &[Request]) -> Result<Done> {
    let started = Instant::now();
    let next = AtomicUsize::new(0);
    let failed = AtomicBool::new(false);
    let client = || -> Result<Digest> {
        let mut connection = Connection::open(socket)?;
        let mut digest = Digest::default();
        // Relaxed, both: a number is all that is shared, and a late stop does no harm.
        while !failed.load(Ordering::Relaxed) {
            interrupt::check()?;
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(request) = requests.get(number) else {
                break;
            };
            digest.add(number as u64, &connection.call(request)?);
        }
        Ok(digest)
    };
    let answers = std::thread::scope(|scope| {
        let watched = || client().inspect_err(|_| failed.store(true, Ordering::Relaxed));
        let clients: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(watched)).collect();
        let mut answers = Digest::default();
        for client in clients {
            let ended = client.join();
            answers.merge(ended.map_err(|_| anyhow!("a client ended badly"))??);
        }
        anyhow::Ok(answers)
    })?;
    Ok(Done {
        rate: Some(requests.len() as f64 / started.elapsed().as_secs_f64()),
        answers: Some(answers),
    })
}

/// Makes the requests one after the other, one each `pace`, or later if the answer takes longer.
pub(super) fn one_by_one(socket: &Path, requests: &[Request], pace: Duration) -> Result<Done> {
    let mut connection = Connection::open(socket)?;
    let mut answers = Digest::default();
    for (number, request) in (0..).zip(requests) {
        interrupt::check()?;
        let sent = Instant::now();
        answers.add(number, &connection.call(request)?);
        std::thread::sleep(pace.saturating_sub(sent.elapsed()));
    }
    Ok(Done {
        rate: None,
        answers: Some(answers),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufRead, BufReader, Write};
    use std::os::unix::net::UnixListener;

    #[test]
    fn the_mix_is_the_same_each_time_and_has_all_kinds() {
        let requests = mixed(200, 10);
        assert_eq!(requests, mixed(200, 10));
        let starts = |with: &str| {
            let is = |request: &&Request| matches!(request, Request::Get(path) if path.starts_with(with));
            requests.iter().filter(is).count()
        };
        for path in [
            "/orders?",
            "/orders.json",
            "/orders/",
            "/customers/",
            "/products",
        ] {
            assert!(starts(path) > 5, "{path}");
        }
        let is_post = |request: &&Request| matches!(request, Request::Post(..));
        assert!(requests.iter().filter(is_post).count() > 5);
    }

    /// A server that answers each request with its path, and with an error to that of `/bad`.
    fn serve(listener: &UnixListener) {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            std::thread::spawn(move || {
                let mut lines = BufReader::new(stream.try_clone().unwrap());
                loop {
                    let mut first = String::new();
                    if lines.read_line(&mut first).unwrap_or(0) == 0 {
                        return;
                    }
                    while lines.read_line(&mut String::new()).unwrap_or(0) > 2 {}
                    let path = first.split(' ').nth(1).unwrap();
                    let status = if path == "/bad" { 500 } else { 200 };
                    let length = path.len();
                    write!(
                        stream,
                        "HTTP/1.1 {status} x\r\nContent-Length: {length}\r\n\r\n{path}"
                    )
                    .unwrap();
                }
            });
        }
    }

    #[test]
    fn answers_are_the_same_in_any_order_and_a_failure_ends_the_load() {
        let directory = tempfile::tempdir().unwrap();
        let socket = directory.path().join("socket");
        let listener = UnixListener::bind(&socket).unwrap();
        std::thread::spawn(move || serve(&listener));
        let mut requests = exports(20);
        let at_once = all_at_once(&socket, &requests).unwrap();
        let one = one_by_one(&socket, &requests, Duration::ZERO).unwrap();
        assert_eq!(at_once.answers, one.answers);
        requests.push(Request::Get("/bad".into()));
        let error = all_at_once(&socket, &requests).unwrap_err();
        assert_eq!(format!("{error:#}"), "GET /bad: status 500");
    }
}
