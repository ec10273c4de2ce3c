//! From records to bytes.

use crate::record::{
    ALIGNED, END, Event, FREE, How, MAGIC, PLAIN, RESIZE, Record, THREAD, TIME, VERSION, ZEROED,
};
use crate::varint;

/// Bytes of the longest piece: header, record or end.
pub const LONGEST: usize = 2 + 4 * varint::LONGEST;

/// Turns records into bytes, one after the other.
#[derive(Debug)]
pub struct Encoder {
    time: u64,
    thread: u32,
    records: u64,
}

impl Encoder {
    /// At the start of a trace.
    pub const fn new() -> Self {
        Self {
            time: 0,
            thread: 0,
            records: 0,
        }
    }

    /// Writes what every trace begins with; returns how many bytes of `place` that took.
    pub fn header(&self, place: &mut [u8; LONGEST]) -> usize {
        place[..MAGIC.len()].copy_from_slice(&MAGIC);
        place[MAGIC.len()] = VERSION;
        MAGIC.len() + 1
    }

    /// Writes the next record; returns how many bytes of `place` that took. A time before that of the last record counts
    /// as the same.
    pub fn record(&mut self, record: &Record, place: &mut [u8; LONGEST]) -> usize {
        let elapsed = record.time.saturating_sub(self.time);
        self.time += elapsed;
        let mut first = match record.event {
            Event::Allocate { how, .. } => match how {
                How::Plain => PLAIN,
                How::Zeroed => ZEROED,
                How::Aligned(_) => ALIGNED,
            },
            Event::Resize { .. } => RESIZE,
            Event::Free { .. } => FREE,
        };
        let mut len = 1;
        let mut put = |value: u64| len += varint::write(value, &mut place[len..]);
        if elapsed > 0 {
            first |= TIME;
            put(elapsed);
        }
        if record.thread != self.thread {
            first |= THREAD;
            self.thread = record.thread;
            put(record.thread.into());
        }
        match record.event {
            Event::Allocate { object, size, how } => {
                put(object.into());
                if let How::Aligned(log2) = how {
                    put(log2.into());
                }
                put(size);
            }
            Event::Resize { object, size } => {
                put(object.into());
                put(size);
            }
            Event::Free { object } => put(object.into()),
        }
        place[0] = first;
        self.records += 1;
        len
    }

    /// Writes what every whole trace ends with; returns how many bytes of `place` that took.
    pub fn end(&self, place: &mut [u8; LONGEST]) -> usize {
        place[0] = END;
        1 + varint::write(self.records, &mut place[1..])
    }
}

impl Default for Encoder {
    fn default() -> Self {
        Self::new()
    }
}
