//! From bytes to records.

use core::fmt;

use crate::record::{
    ALIGNED, END, Event, FREE, How, KIND, MAGIC, PLAIN, RESIZE, Record, THREAD, TIME, VERSION,
    ZEROED,
};
use crate::varint::{self, Malformed};

/// The records of a trace. After an error, or the end, there are none.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    time: u64,
    thread: u32,
    threads: u32,
    objects: u32,
    records: u64,
    done: bool,
}

/// Where a trace cannot be read, and why.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Error {
    /// Bytes before the piece that is wrong.
    pub offset: usize,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What is wrong with a trace.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// It does not begin as one.
    NotATrace,
    /// It is of a version that this reader does not know.
    Version(u8),
    /// It ends before its end.
    Truncated,
    /// A number is too large, or not in its shortest form.
    Number,
    /// A first byte is none of those that records have.
    Kind(u8),
    /// The end carries another number of records.
    Count,
    /// There is something behind the end.
    Trailing,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.fault {
            Fault::NotATrace => return write!(f, "not a trace"),
            Fault::Version(version) => {
                return write!(f, "a trace of version {version}; known is {VERSION}");
            }
            Fault::Truncated => write!(f, "the trace is cut off")?,
            Fault::Number => write!(f, "the trace has a number out of range")?,
            Fault::Kind(byte) => write!(f, "the trace has a record of unknown kind {byte:#x}")?,
            Fault::Count => write!(f, "the trace has another number of records than it says")?,
            Fault::Trailing => write!(f, "the trace goes on behind its end")?,
        }
        write!(f, " at byte {}", self.offset)
    }
}

impl core::error::Error for Error {}

impl<'a> Reader<'a> {
    /// The records of the trace that `bytes` is.
    pub fn new(bytes: &'a [u8]) -> Result<Self, Error> {
        let fault = |fault| Error { offset: 0, fault };
        if !bytes.starts_with(&MAGIC) {
            return Err(fault(Fault::NotATrace));
        }
        match bytes.get(MAGIC.len()) {
            Some(&VERSION) => {}
            Some(&other) => return Err(fault(Fault::Version(other))),
            None => return Err(fault(Fault::Truncated)),
        }
        Ok(Self {
            bytes,
            at: MAGIC.len() + 1,
            time: 0,
            thread: 0,
            threads: 0,
            objects: 0,
            records: 0,
            done: false,
        })
    }

    /// One more than the greatest number that an object had so far. It is never more than the number of records.
    pub fn objects(&self) -> u32 {
        self.objects
    }

    /// The number of threads so far.
    pub fn threads(&self) -> u32 {
        self.threads
    }

    fn number(&mut self) -> Result<u64, Fault> {
        let rest = self.bytes.get(self.at..).unwrap_or(&[]);
        let (value, len) = varint::read(rest).map_err(|malformed| match malformed {
            Malformed::Cut => Fault::Truncated,
            Malformed::Long => Fault::Number,
        })?;
        self.at += len;
        Ok(value)
    }

    /// A number that is at most `most`.
    fn number_to(&mut self, most: u64) -> Result<u64, Fault> {
        self.number()
            .and_then(|value| (value <= most).then_some(value).ok_or(Fault::Number))
    }

    /// The number of an object, which is at most `most`.
    fn object_to(&mut self, most: u32) -> Result<u32, Fault> {
        self.number_to(most.into()).map(|object| object as u32)
    }

    fn known_object(&mut self) -> Result<u32, Fault> {
        let last = self.objects.checked_sub(1).ok_or(Fault::Number)?;
        self.object_to(last)
    }

    fn size(&mut self) -> Result<u64, Fault> {
        self.number_to(i64::MAX as u64)
    }

    fn record(&mut self) -> Result<Option<Record>, Fault> {
        let &first = self.bytes.get(self.at).ok_or(Fault::Truncated)?;
        self.at += 1;
        if first == END {
            return self.end().map(|()| None);
        }
        let kind = first & KIND;
        if first & !(KIND | TIME | THREAD) != 0 || kind > FREE {
            return Err(Fault::Kind(first));
        }
        if first & TIME != 0 {
            let elapsed = self.number()?;
            self.time = self.time.checked_add(elapsed).ok_or(Fault::Number)?;
        }
        if first & THREAD != 0 {
            self.thread = self.number_to(self.threads.into())? as u32;
        }
        self.threads = self.threads.max(self.thread.saturating_add(1));
        let event = match kind {
            PLAIN | ZEROED | ALIGNED => self.allocation(kind)?,
            RESIZE => Event::Resize {
                object: self.known_object()?,
                size: self.size()?,
            },
            _ => Event::Free {
                object: self.known_object()?,
            },
        };
        self.records += 1;
        Ok(Some(Record {
            time: self.time,
            thread: self.thread,
            event,
        }))
    }

    fn allocation(&mut self, kind: u8) -> Result<Event, Fault> {
        let object = self.object_to(self.objects.min(u32::MAX - 1))?;
        let how = match kind {
            PLAIN => How::Plain,
            ZEROED => How::Zeroed,
            _ => How::Aligned(self.number_to(63)? as u8),
        };
        let size = self.size()?;
        self.objects = self.objects.max(object + 1);
        Ok(Event::Allocate { object, size, how })
    }

    fn end(&mut self) -> Result<(), Fault> {
        if self.number()? != self.records {
            return Err(Fault::Count);
        }
        if self.at < self.bytes.len() {
            return Err(Fault::Trailing);
        }
        Ok(())
    }
}

impl Iterator for Reader<'_> {
    type Item = Result<Record, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let offset = self.at;
        match self.record() {
            Ok(Some(record)) => Some(Ok(record)),
            Ok(None) => {
                self.done = true;
                None
            }
            Err(fault) => {
                self.done = true;
                Some(Err(Error { offset, fault }))
            }
        }
    }
}

impl core::iter::FusedIterator for Reader<'_> {}
