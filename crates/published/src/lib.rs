//! What `libmesh` publishes of itself in its own memory, for other processes to read: figures, short texts, and a row of figures for
//! each size class.
//!
//! ```text
//!  the process                       another process
//!  Block, a static ── one thread ──► copies the bytes, with the sequence before and after ──► Image
//! ```
//!
//! * `figure`: which figures there are, and their names;
//! * `block`: where they lie, and how they are written;
//! * `image`: a copy of the block, and whether it is one of a single moment.
#![no_std]
#![forbid(unsafe_code)]

mod block;
mod figure;
mod image;

pub use block::{Block, CLASSES, SEQUENCE_OFFSET, SIZE, VERSION, Writer};
pub use figure::{Class, ClassFigure, Figure, Text};
pub use image::{Image, Unreadable};

/// The name of the block among the dynamic symbols of the library.
pub const SYMBOL: &str = "mesh_published";
