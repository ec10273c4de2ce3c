//! The format of pprof: a gzipped protocol buffer.
//!
//! * `message`: its messages; `tables`: what they name by numbers.

pub(super) mod message;
mod tables;

use std::io::Write;
use std::time::SystemTime;

use anyhow::Result;
use flate2::{Compression, write::GzEncoder};
use heapprofile::Header;
use prost::Message;

use super::calls::Call;
use super::chains::Counts;
use super::unwound::Profile;
use message::{Sample, ValueType};
use tables::Tables;

/// What is told of each chain, and its unit, in the order of Go's heap profiles.
const TYPES: [(&str, &str); 4] = [
    ("alloc_objects", "count"),
    ("alloc_space", "bytes"),
    ("inuse_objects", "count"),
    ("inuse_space", "bytes"),
];

/// The whole file.
pub(crate) fn file(profile: &Profile, calls: &[Vec<Call>]) -> Result<Vec<u8>> {
    let mut file = GzEncoder::new(Vec::new(), Compression::default());
    file.write_all(&message(profile, calls)?.encode_to_vec())?;
    Ok(file.finish()?)
}

fn message(profile: &Profile, calls: &[Vec<Call>]) -> Result<message::Profile> {
    let image = profile.source.image()?;
    let mut tables = Tables::new(&profile.modules, image.header(Header::Entry));
    let mut value_type = |(name, unit)| ValueType {
        r#type: tables.string(name),
        unit: tables.string(unit),
    };
    let sample_type = TYPES.map(&mut value_type).to_vec();
    let period_type = Some(value_type(("space", "bytes")));
    let sample = profile
        .chains
        .iter()
        .zip(calls)
        .map(|((_, counts), calls)| Sample {
            location_id: calls.iter().map(|call| tables.location(call)).collect(),
            value: values(counts),
        });
    let sample = sample.collect();
    let since = profile.source.when.duration_since(SystemTime::UNIX_EPOCH);
    let tables = tables.finish();
    Ok(message::Profile {
        default_sample_type: sample_type.last().map_or(0, |last| last.r#type),
        sample_type,
        sample,
        period_type,
        period: signed(image.header(Header::Interval)),
        time_nanos: since.map_or(0, |since| {
            i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
        }),
        ..tables
    })
}

/// In the order of [`TYPES`].
fn values(counts: &Counts) -> Vec<i64> {
    vec![
        counts.blocks.round() as i64,
        signed(counts.bytes),
        counts.live_blocks.round() as i64,
        signed(counts.live_bytes),
    ]
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
