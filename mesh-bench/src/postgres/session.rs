//! The little of PostgreSQL's protocol that the pool speaks: version 3, queries as text, no password.

use anyhow::{Context, Result, bail};
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

/// A session; every answer must come within the time-out.
pub(super) struct Session {
    stream: UnixStream,
}

const TIMEOUT: Duration = Duration::from_secs(120);
const VERSION: u32 = 3 << 16;

impl Session {
    /// Opens a session as `role`, with the database of the same name.
    pub(super) fn open(socket: &Path, role: &str) -> Result<Self> {
        let mut stream = UnixStream::connect(socket).context("no connection")?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        stream.set_write_timeout(Some(TIMEOUT))?;
        let mut body = VERSION.to_be_bytes().to_vec();
        body.extend_from_slice(format!("user\0{role}\0\0").as_bytes());
        stream.write_all(&with_length(&body)?)?;
        read_until_ready(&mut stream)?;
        Ok(Self { stream })
    }

    /// The rows that a query gives, as they come.
    pub(super) fn query(&mut self, query: &str) -> Result<Vec<u8>> {
        let body = [query.as_bytes(), b"\0"].concat();
        let message = [b"Q".to_vec(), with_length(&body)?].concat();
        self.stream.write_all(&message)?;
        read_until_ready(&mut self.stream).with_context(|| format!("`{query}`"))
    }
}

/// A body after its length, which counts itself.
fn with_length(body: &[u8]) -> Result<Vec<u8>> {
    let length = u32::try_from(body.len() + 4).context("a long message")?;
    Ok([&length.to_be_bytes(), body].concat())
}

/// The rows up to the message that the server is ready; an error if there is one among the messages.
fn read_until_ready(stream: &mut impl Read) -> Result<Vec<u8>> {
    let mut rows = Vec::new();
    let mut error = None;
    loop {
        let mut head = [0; 5];
        // At the start of a session the server closes it after an error.
        if let Err(end) = stream.read_exact(&mut head) {
            bail!(error.unwrap_or_else(|| end.to_string()));
        }
        let [kind, length @ ..] = head;
        let length = u32::from_be_bytes(length);
        let length = length.checked_sub(4).context("the length of a message")?;
        let mut body = vec![0; length as usize];
        stream.read_exact(&mut body)?;
        match kind {
            b'D' => rows.extend_from_slice(&body),
            b'E' => error = Some(message_of(&body)),
            b'Z' => break,
            _ => (),
        }
    }
    match error {
        Some(message) => bail!(message),
        None => Ok(rows),
    }
}

/// The text of an error: its fields are a letter and a string each.
fn message_of(body: &[u8]) -> String {
    let text = body
        .split(|&byte| byte == 0)
        .find_map(|field| field.strip_prefix(b"M"));
    String::from_utf8_lossy(text.unwrap_or(b"an error")).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: u8, body: &[u8]) -> Vec<u8> {
        [vec![kind], with_length(body).unwrap()].concat()
    }

    fn read(messages: &[Vec<u8>]) -> Result<Vec<u8>> {
        read_until_ready(&mut messages.concat().as_slice())
    }

    #[test]
    fn rows_are_gathered_until_the_server_is_ready() {
        let messages = [
            message(b'T', b"columns"),
            message(b'D', b"one"),
            message(b'D', b"two"),
            message(b'C', b"SELECT 2\0"),
            message(b'Z', b"I"),
        ];
        assert_eq!(read(&messages).unwrap(), b"onetwo");
        assert!(read(&messages[..3]).is_err());
    }

    #[test]
    fn an_error_is_told_in_its_words() {
        let error = message(b'E', b"SERROR\0Mno such table\0\0");
        let told = |messages: &[Vec<u8>]| read(messages).unwrap_err().to_string();
        assert_eq!(told(&[error.clone(), message(b'Z', b"I")]), "no such table");
        // Of a session that was refused.
        assert_eq!(told(&[error]), "no such table");
    }
}
