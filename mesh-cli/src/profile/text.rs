//! The text format of gperftools, which `google-pprof` and `jeprof` read.

use std::fmt::Write;

use anyhow::Result;

use super::chains::{Counts, Place};
use super::unwound::Profile;

/// The whole file.
///
/// Behind `@ heapprofile` those programs take figures as they are, and do not scale them by the interval between samples. Of the first
/// address of a line they take the instruction that it is in, of the others the one before: those are where calls return to.
pub(crate) fn page(profile: &Profile) -> Result<String> {
    let mut text = String::new();
    let mut line = |counts: &Counts, place: &str| {
        // Writing to a string does not fail.
        let _ = writeln!(
            text,
            "{}: {} [{}: {}] @ {place}",
            counts.live_blocks.round() as u64,
            counts.live_bytes,
            counts.blocks.round() as u64,
            counts.bytes
        );
    };
    let mut lines = Vec::new();
    for (place, counts) in profile.chains.iter() {
        lines.push((addresses(place), counts));
    }
    line(&profile.chains.total(), "heapprofile");
    for (addresses, counts) in lines {
        line(counts, &addresses);
    }
    let text = format!("heap profile: {text}\nMAPPED_LIBRARIES:\n");
    Ok(text + &String::from_utf8_lossy(profile.source.image()?.rest()))
}

fn addresses(place: &Place) -> String {
    match place.addresses() {
        // A line without any is not counted.
        [] => "0x0".to_owned(),
        [first, callers @ ..] => {
            let callers = callers.iter().map(|address| address + 1);
            let all = [*first].into_iter().chain(callers);
            let all: Vec<_> = all.map(|address| format!("{address:#x}")).collect();
            all.join(" ")
        }
    }
}
