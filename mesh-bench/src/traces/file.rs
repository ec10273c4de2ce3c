//! A trace in a file, mapped.

use super::survey::Survey;
use anyhow::{Context, Result};
use memmap2::Mmap;
use std::fs::File;
use std::path::Path;
use trace::Reader;

/// A mapped file that begins as a trace.
#[derive(Debug)]
pub(crate) struct TraceFile {
    bytes: Mmap,
}

impl TraceFile {
    /// Maps the file; the errors of all functions name it.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let named = || path.display().to_string();
        let file = File::open(path).with_context(named)?;
        // SAFETY: a trace is written once and not changed after. Should somebody cut the file all the same, this process
        // ends by SIGBUS; any bytes are a value.
        let bytes = unsafe { Mmap::map(&file) }.with_context(named)?;
        let trace = Self { bytes };
        trace.records().with_context(named)?;
        Ok(trace)
    }

    /// Its records.
    pub(crate) fn records(&self) -> Result<Reader<'_>> {
        Ok(Reader::new(&self.bytes)?)
    }

    /// Reads all of it.
    pub(crate) fn survey(&self) -> Result<Survey> {
        Survey::of(self.records()?)
    }
}

/// What the trace in `path` holds, if it is whole.
pub(crate) fn survey(path: &Path) -> Result<Survey> {
    TraceFile::open(path)?
        .survey()
        .with_context(|| path.display().to_string())
}
