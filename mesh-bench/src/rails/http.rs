//! The little of HTTP/1.1 that the load speaks, over a socket that stays open.

use anyhow::{Context, Result, bail};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

/// A connection; every answer must come within the time-out.
pub(super) struct Connection {
    stream: BufReader<UnixStream>,
}

/// A request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Request {
    /// Of a page.
    Get(String),
    /// With a body in JSON.
    Post(String, String),
}

/// Longer than any answer takes.
const TIMEOUT: Duration = Duration::from_secs(120);

impl Connection {
    /// Connects to a socket.
    pub(super) fn open(socket: &Path) -> Result<Self> {
        let stream = UnixStream::connect(socket).context("no connection")?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        stream.set_write_timeout(Some(TIMEOUT))?;
        Ok(Self {
            stream: BufReader::new(stream),
        })
    }

    /// The body of the answer to a request, which must succeed.
    pub(super) fn call(&mut self, request: &Request) -> Result<Vec<u8>> {
        self.exchange(request).with_context(|| request.name())
    }

    fn exchange(&mut self, request: &Request) -> Result<Vec<u8>> {
        let message = request.message();
        self.stream.get_mut().write_all(message.as_bytes())?;
        let (status, body) = read_answer(&mut self.stream)?;
        if !(200..300).contains(&status) {
            bail!("status {status}");
        }
        Ok(body)
    }
}

impl Request {
    fn message(&self) -> String {
        match self {
            Self::Get(path) => format!("GET {path} HTTP/1.1\r\nHost: shop\r\n\r\n"),
            Self::Post(path, body) => format!(
                "POST {path} HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            ),
        }
    }

    fn name(&self) -> String {
        match self {
            Self::Get(path) => format!("GET {path}"),
            Self::Post(path, _) => format!("POST {path}"),
        }
    }
}

/// How long a body is.
enum Length {
    Bytes(u64),
    Chunked,
}

/// The status and the body.
fn read_answer(stream: &mut impl BufRead) -> Result<(u16, Vec<u8>)> {
    let first = read_line(stream)?;
    let status = first
        .strip_prefix("HTTP/1.1 ")
        .and_then(|rest| rest.get(..3)?.parse().ok())
        .with_context(|| format!("`{first}` is no answer"))?;
    let mut length = Length::Bytes(0);
    loop {
        let line = read_line(stream)?;
        let Some((name, value)) = line.split_once(':') else {
            break;
        };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = Length::Bytes(value.trim().parse()?),
            "transfer-encoding" => length = Length::Chunked,
            _ => (),
        }
    }
    let mut body = Vec::new();
    match length {
        Length::Bytes(bytes) => read_exactly(stream, bytes, &mut body)?,
        Length::Chunked => while read_chunk(stream, &mut body)? {},
    }
    Ok((status, body))
}

/// Appends the next chunk; `false` after the last.
fn read_chunk(stream: &mut impl BufRead, body: &mut Vec<u8>) -> Result<bool> {
    let bytes = u64::from_str_radix(&read_line(stream)?, 16).context("the length of a chunk")?;
    read_exactly(stream, bytes, body)?;
    read_line(stream)?;
    Ok(bytes > 0)
}

fn read_exactly(stream: &mut impl BufRead, bytes: u64, body: &mut Vec<u8>) -> Result<()> {
    let read = stream.take(bytes).read_to_end(body)?;
    if read as u64 != bytes {
        bail!("the answer ends early");
    }
    Ok(())
}

fn read_line(stream: &mut impl BufRead) -> Result<String> {
    let mut line = String::new();
    stream.read_line(&mut line)?;
    if !line.ends_with('\n') {
        bail!("the server closes the connection");
    }
    Ok(line.trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<(u16, Vec<u8>)> {
        read_answer(&mut text.as_bytes())
    }

    #[test]
    fn bodies_come_in_both_forms() {
        let plain = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX: y\r\n\r\nhello";
        assert_eq!(read(plain).unwrap(), (200, b"hello".to_vec()));
        let chunked = "HTTP/1.1 201 Created\r\ntransfer-encoding: chunked\r\n\r\n3\r\nhel\r\na\r\nlo, world!\r\n0\r\n\r\n";
        assert_eq!(read(chunked).unwrap(), (201, b"hello, world!".to_vec()));
        let empty = "HTTP/1.1 204 No Content\r\n\r\n";
        assert_eq!(read(empty).unwrap(), (204, Vec::new()));
    }

    #[test]
    fn half_an_answer_is_an_error() {
        for text in [
            "",
            "hello\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n",
            "HTTP/1.1 200 OK\r\nContent-Le",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_request_says_the_length_of_its_body() {
        let request = Request::Post("/events".into(), "{}".into());
        let message = request.message();
        assert!(message.starts_with("POST /events HTTP/1.1\r\n"));
        assert!(message.ends_with("Content-Length: 2\r\n\r\n{}"));
        assert_eq!(request.name(), "POST /events");
    }
}
