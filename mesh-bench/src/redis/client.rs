//! The little of the Redis protocol that the measurements speak.

use anyhow::{Context, Result, bail};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

/// A connection; every answer must come within the time-out.
pub(crate) struct Client {
    stream: BufReader<UnixStream>,
}

/// Longer than any command sent here takes.
const TIMEOUT: Duration = Duration::from_secs(60);

impl Client {
    /// Connects to a socket.
    pub(crate) fn connect(socket: &Path) -> Result<Self> {
        let stream = UnixStream::connect(socket)?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        stream.set_write_timeout(Some(TIMEOUT))?;
        Ok(Self {
            stream: BufReader::new(stream),
        })
    }

    /// Sends a command and returns its answer: a line, or a block of text.
    pub(crate) fn call(&mut self, words: &[&str]) -> Result<String> {
        self.send(words)?;
        read_answer(&mut self.stream).with_context(|| words.join(" "))
    }

    /// Sends all commands at once, so that the server does nothing else between them, and waits for their answers.
    pub(crate) fn call_all(&mut self, commands: &[Vec<String>]) -> Result<()> {
        self.ask_all(commands).map(drop)
    }

    /// As [`call_all`](Self::call_all), and returns the answers.
    pub(crate) fn ask_all(&mut self, commands: &[Vec<String>]) -> Result<Vec<String>> {
        let mut message = Vec::new();
        for words in commands {
            write_command(&mut message, words)?;
        }
        self.stream.get_mut().write_all(&message)?;
        let mut answer =
            |words: &Vec<String>| read_answer(&mut self.stream).with_context(|| words.join(" "));
        commands.iter().map(&mut answer).collect()
    }

    /// Sends a command whose answer nobody waits for.
    pub(crate) fn send(&mut self, words: &[&str]) -> Result<()> {
        let mut message = Vec::new();
        write_command(&mut message, words)?;
        self.stream.get_mut().write_all(&message)?;
        Ok(())
    }
}

/// Writes a command as an array of strings.
pub(crate) fn write_command(
    out: &mut impl Write,
    words: &[impl AsRef<str>],
) -> std::io::Result<()> {
    write!(out, "*{}\r\n", words.len())?;
    words
        .iter()
        .map(AsRef::as_ref)
        .try_for_each(|word| write!(out, "${}\r\n{word}\r\n", word.len()))
}

fn read_answer(stream: &mut impl BufRead) -> Result<String> {
    let mut line = String::new();
    stream.read_line(&mut line)?;
    let line = line.trim_end();
    match line.split_at_checked(1) {
        Some(("+" | ":", text)) => Ok(text.into()),
        Some(("-", text)) => bail!("{text}"),
        Some(("$", length)) => {
            let length: u64 = length.parse().context("the length of an answer")?;
            let mut text = String::new();
            stream.take(length + 2).read_to_string(&mut text)?;
            Ok(text.trim_end().into())
        }
        _ => bail!("`{line}` is no answer"),
    }
}

/// The number of the line `name:N` in an answer to INFO.
pub(crate) fn info_number(info: &str, name: &str) -> Option<u64> {
    info.lines().find_map(|line| {
        line.trim_end()
            .strip_prefix(name)?
            .strip_prefix(':')?
            .parse()
            .ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_an_array_of_strings() {
        let mut out = Vec::new();
        write_command(&mut out, &["SET", "key", ""]).unwrap();
        assert_eq!(out, b"*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$0\r\n\r\n");
    }

    #[test]
    fn answers_of_each_kind_are_read() {
        let read = |text: &str| read_answer(&mut text.as_bytes());
        assert_eq!(read("+PONG\r\n").unwrap(), "PONG");
        assert_eq!(read(":42\r\n").unwrap(), "42");
        assert_eq!(read("$10\r\na:1\r\nb:22\r\n\r\n").unwrap(), "a:1\r\nb:22");
        assert_eq!(read("-ERR no\r\n").unwrap_err().to_string(), "ERR no");
        assert!(read("").is_err());
        assert!(read("$x\r\n").is_err());
    }

    #[test]
    fn numbers_of_info_are_found_by_their_whole_name() {
        let info = "# Memory\r\nused_memory_peak:9\r\nused_memory:7\r\nallocator:libc\r\n";
        assert_eq!(info_number(info, "used_memory"), Some(7));
        assert_eq!(info_number(info, "used"), None);
        assert_eq!(info_number(info, "allocator"), None);
    }
}
