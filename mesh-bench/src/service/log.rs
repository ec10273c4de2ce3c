//! What a server wrote to its log.

use anyhow::{Result, bail};

/// How the library's own lines begin.
const OWN: &str = "mesh: ";

/// An error with the first line of `log` that tells of a fault in the server's words or the library's.
pub(crate) fn expect_no_fault(log: &str, is_fault: impl Fn(&str) -> bool) -> Result<()> {
    match log
        .lines()
        .find(|line| line.starts_with(OWN) || is_fault(line))
    {
        Some(line) => bail!("in the log: {line}"),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_told_whoever_says_it() {
        let expect = |log| expect_no_fault(log, |line| line.contains("ERROR"));
        assert!(expect("ready\nsteady\n").is_ok());
        assert_eq!(
            expect("ready\nERROR: none\n").unwrap_err().to_string(),
            "in the log: ERROR: none"
        );
        assert!(expect("mesh: free of a block that is free\n").is_err());
    }
}
