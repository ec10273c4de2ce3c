//! Waiting for a server, and leaving it alone.

use crate::interrupt;
use crate::launch::Running;
use anyhow::{Context, Result, bail};
use std::time::{Duration, Instant};

const ASK_PERIOD: Duration = Duration::from_millis(20);

/// Asks until the answer is `true`; the last error, or `what`, after `limit`.
pub(crate) fn until(
    what: &str,
    limit: Duration,
    running: &Running,
    mut ask: impl FnMut() -> Result<bool>,
) -> Result<()> {
    let started = Instant::now();
    loop {
        interrupt::check()?;
        expect_alive(running)?;
        let answer = ask();
        if matches!(answer, Ok(true)) {
            return Ok(());
        }
        if started.elapsed() > limit {
            answer.with_context(|| what.to_owned())?;
            bail!("{what}: not within {} s", limit.as_secs());
        }
        std::thread::sleep(ASK_PERIOD);
    }
}

/// Leaves the server alone for `pause`.
pub(crate) fn rest(running: &Running, pause: Duration) -> Result<()> {
    let end = Instant::now() + pause;
    loop {
        interrupt::check()?;
        expect_alive(running)?;
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(());
        }
        std::thread::sleep(left.min(Duration::from_millis(100)));
    }
}

fn expect_alive(running: &Running) -> Result<()> {
    if running.has_ended()? {
        bail!("the server has ended by itself{}", running.last_error());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    fn shell(script: &str) -> Running {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]);
        Running::start(command, None).unwrap()
    }

    #[test]
    fn a_server_that_ends_is_an_error_with_its_reason() {
        let running = shell("echo reason >&2; exit 1");
        let error = rest(&running, Duration::from_secs(20)).unwrap_err();
        assert_eq!(error.to_string(), "the server has ended by itself: reason");
    }

    #[test]
    fn the_last_error_is_told_after_the_limit() {
        let running = shell("sleep 20");
        let short = Duration::from_millis(1);
        let asked = |answer: fn() -> Result<bool>| until("it answers", short, &running, answer);
        assert!(asked(|| Ok(true)).is_ok());
        let late = asked(|| Ok(false)).unwrap_err();
        assert_eq!(late.to_string(), "it answers: not within 0 s");
        let failed = asked(|| bail!("refused")).unwrap_err();
        assert_eq!(format!("{failed:#}"), "it answers: refused");
    }
}
