//! From what an allocator is asked to a trace.

use crate::address_map::AddressMap;
use crate::encoder::{Encoder, LONGEST};
use crate::numbers::Numbers;
use crate::record::{Event, How, Record};
use crate::system::System;

/// Bytes that are collected before they are written.
pub const BUFFER: usize = 1 << 16;

/// When something happened, and where.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// Milliseconds since the start.
    pub time: u64,
    /// Anything but zero that tells threads apart.
    pub thread: u64,
}

/// Writes a trace of what it is told, in the order in which it is told.
///
/// Its owner calls it under a lock: after a block was granted, and before one is given back, so that no address is told
/// of as new while it is still known as live. Once something fails (no memory, no space in the file) it writes nothing any
/// more: the trace is without its end, and readers say so.
pub struct Recorder<S> {
    system: S,
    encoder: Encoder,
    numbers: Numbers,
    threads: AddressMap,
    thread_count: u32,
    buffer: [u8; BUFFER],
    len: usize,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    Recording,
    Over,
}

impl<S: System> Recorder<S> {
    /// A trace that has not begun.
    pub const fn new(system: S) -> Self {
        Self {
            system,
            encoder: Encoder::new(),
            numbers: Numbers::new(),
            threads: AddressMap::new(),
            thread_count: 0,
            buffer: [0; BUFFER],
            len: 0,
            state: State::New,
        }
    }

    /// What it writes to.
    pub fn system(&mut self) -> &mut S {
        &mut self.system
    }

    /// Begins the trace. Before that, nothing is recorded.
    pub fn begin(&mut self) {
        if self.state == State::New {
            self.state = State::Recording;
            let mut piece = [0; LONGEST];
            let len = self.encoder.header(&mut piece);
            self.append(&piece[..len]);
            // At once: a program that gives way to another by `exec` leaves at least this.
            self.flush();
        }
    }

    /// A block of `size` bytes was granted at `address`.
    pub fn allocated(&mut self, at: Moment, address: u64, size: u64, how: How) {
        if self.state != State::Recording || address == 0 {
            return;
        }
        // Whoever gave a block back behind our back cannot have it any more.
        self.freed(at, address);
        if let Some(object) = self.numbers.give(&mut self.system, address) {
            self.record(at, Event::Allocate { object, size, how });
        } else {
            self.state = State::Over;
        }
    }

    /// The block at `address` is about to be given back. Blocks that are not known are not recorded.
    pub fn freed(&mut self, at: Moment, address: u64) {
        if self.state != State::Recording {
            return;
        }
        let Some(object) = self.numbers.lift(address) else {
            return;
        };
        if self.numbers.take(&mut self.system, object).is_none() {
            self.state = State::Over;
        }
        self.record(at, Event::Free { object });
    }

    /// The block at `address` is about to be resized: its object, for [`resized`](Self::resized) or
    /// [`kept`](Self::kept). The address may belong to another block before those are called.
    pub fn resizing(&mut self, address: u64) -> Option<u32> {
        self.numbers.number(address)?;
        self.numbers.lift(address)
    }

    /// The object has `size` bytes at `address` now.
    pub fn resized(&mut self, at: Moment, object: u32, address: u64, size: u64) {
        if self.state != State::Recording {
            return;
        }
        self.freed(at, address);
        self.kept(object, address);
        self.record(at, Event::Resize { object, size });
    }

    /// The object is at `address` as before.
    pub fn kept(&mut self, object: u32, address: u64) {
        if self
            .numbers
            .place(&mut self.system, address, object)
            .is_none()
        {
            self.state = State::Over;
        }
    }

    /// Writes the end. Nothing is recorded any more.
    pub fn finish(&mut self) {
        if self.state == State::Recording {
            let mut piece = [0; LONGEST];
            let len = self.encoder.end(&mut piece);
            self.append(&piece[..len]);
            self.flush();
            self.state = State::Over;
        }
    }

    fn record(&mut self, at: Moment, event: Event) {
        let Some(thread) = self.thread_number(at.thread) else {
            self.state = State::Over;
            return;
        };
        let record = Record {
            time: at.time,
            thread,
            event,
        };
        let mut piece = [0; LONGEST];
        let len = self.encoder.record(&record, &mut piece);
        self.append(&piece[..len]);
    }

    fn thread_number(&mut self, thread: u64) -> Option<u32> {
        if let Some(number) = self.threads.number(thread) {
            return Some(number);
        }
        let number = self.thread_count;
        self.threads.insert(&mut self.system, thread, number)?;
        self.thread_count += 1;
        Some(number)
    }

    fn append(&mut self, piece: &[u8]) {
        if self.buffer.len() - self.len < piece.len() {
            self.flush();
        }
        if self.state != State::Recording {
            return;
        }
        self.buffer[self.len..self.len + piece.len()].copy_from_slice(piece);
        self.len += piece.len();
    }

    fn flush(&mut self) {
        if !self.system.append(&self.buffer[..self.len]) {
            self.state = State::Over;
        }
        self.len = 0;
    }
}
