//! What a watched program says on standard output while it works, a line for each.

use anyhow::{Context, Result, bail};
use std::fmt;
use std::io::{self, Read, Write};
use std::str::FromStr;
use std::time::Duration;

/// One line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    /// `live N`: so many bytes are live.
    Live(u64),
    /// `baseline`: what the program holds by now shall not count.
    Baseline,
    /// `end`: the work is done, and all that is live stays so until standard input ends.
    End,
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Live(bytes) => write!(f, "live {bytes}"),
            Self::Baseline => f.write_str("baseline"),
            Self::End => f.write_str("end"),
        }
    }
}

impl FromStr for Mark {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        match text.split_once(' ') {
            Some(("live", bytes)) => bytes.parse().map(Self::Live).context("live bytes"),
            None if text == "baseline" => Ok(Self::Baseline),
            None if text == "end" => Ok(Self::End),
            _ => bail!("the program says `{text}`"),
        }
    }
}

/// Longer than the pause between two samples.
const BEFORE_BASELINE: Duration = Duration::from_millis(100);

/// Says it, in a watched process of our own.
pub(crate) fn say(mark: Mark) -> Result<()> {
    if mark == Mark::Baseline {
        std::thread::sleep(BEFORE_BASELINE);
    }
    let mut output = io::stdout().lock();
    writeln!(output, "{mark}")?;
    Ok(output.flush()?)
}

/// Says that the work is done, and waits until it was seen.
pub(crate) fn say_end() -> Result<()> {
    say(Mark::End)?;
    io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_understood() {
        for mark in [
            Mark::Live(0),
            Mark::Live(5 << 30),
            Mark::Baseline,
            Mark::End,
        ] {
            assert_eq!(mark.to_string().parse::<Mark>().unwrap(), mark);
        }
    }

    #[test]
    fn anything_else_is_an_error_that_repeats_it() {
        let error = "hello".parse::<Mark>().unwrap_err().to_string();
        assert_eq!(error, "the program says `hello`");
        for text in ["", "live", "live x", "live -1", "end 3"] {
            assert!(text.parse::<Mark>().is_err(), "{text}");
        }
    }
}
