//! Traces of a program's allocations.
//!
//! A trace is what a program asked its allocator for, in the order in which the answers came: so many bytes for this
//! object, a new size for that one, an end of a third. Addresses are not in it. An object has a small number, which is given
//! to another object when it is free: a player needs one place for each number.
//!
//! ```text
//!  +---------+---------+--------+--------+-- … --+-----+-------+
//!  | MAGIC 8 | VERSION | record | record |       | END | count |
//!  +---------+---------+--------+--------+-- … --+-----+-------+
//!
//!  record:  kind | flags   [milliseconds since the last]   [thread]   object   [log2 of alignment]   [bytes]
//! ```
//!
//! The first byte of a record has the kind in its lower three bits, and says whether time and thread follow, which are left
//! out when they are those of the record before. All numbers are variable-length integers of seven bits a byte, the lowest
//! first. `END` carries the number of records, so that a part of a trace is never taken for the whole.
//!
//! * [`Record`], [`Event`]: what a trace is made of;
//! * [`Encoder`], [`Reader`]: between bytes and records;
//! * [`Recorder`]: from addresses to records, for a recorder that stands in front of an allocator. It allocates nothing:
//!   memory and the file are its [`System`]'s.
#![no_std]
#![forbid(unsafe_code)]

mod address_map;
mod encoder;
mod numbers;
mod reader;
mod record;
mod recorder;
mod system;
mod varint;

pub use encoder::{Encoder, LONGEST};
pub use reader::{Error, Fault, Reader};
pub use record::{Event, How, MAGIC, Record, VERSION};
pub use recorder::{BUFFER, Moment, Recorder};
pub use system::System;
