//! One look at every record of a trace.

use anyhow::{Context, Result, bail};
use serde::Serialize;
use trace::{Event, How, Reader};

/// What a trace holds. Bytes are those asked for.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Survey {
    pub(crate) records: u64,
    pub(crate) plain: u64,
    pub(crate) zeroed: u64,
    pub(crate) aligned: u64,
    pub(crate) resized: u64,
    pub(crate) freed: u64,
    pub(crate) threads: u32,
    /// Places that a player needs: one more than the greatest number of an object.
    pub(crate) places: u32,
    /// Milliseconds from the start of the trace to its last record.
    pub(crate) milliseconds: u64,
    /// Bytes of all requests together, new sizes included.
    pub(crate) requested_bytes: u64,
    pub(crate) peak_bytes: u64,
    pub(crate) peak_objects: u64,
    /// Objects that are never freed, and their bytes.
    pub(crate) final_bytes: u64,
    pub(crate) final_objects: u64,
    /// New objects by size: those of at most 2^n bytes and more than 2^(n-1) are at n.
    pub(crate) sizes: Vec<u64>,
}

impl Survey {
    /// Reads all records; an error when they cannot be read, or do not follow from each other.
    pub(crate) fn of(mut records: Reader<'_>) -> Result<Self> {
        let mut survey = Self::default();
        let mut live: Vec<Option<u64>> = Vec::new();
        while let Some(record) = records.next() {
            let record = record?;
            survey.records += 1;
            survey.milliseconds = record.time;
            live.resize(records.objects() as usize, None);
            survey
                .follow(record.event, &mut live)
                .with_context(|| format!("record {}", survey.records))?;
        }
        survey.threads = records.threads();
        survey.places = records.objects();
        Ok(survey)
    }

    fn follow(&mut self, event: Event, live: &mut [Option<u64>]) -> Result<()> {
        let (object, size) = match event {
            Event::Allocate { object, size, how } => {
                match how {
                    How::Plain => self.plain += 1,
                    How::Zeroed => self.zeroed += 1,
                    How::Aligned(_) => self.aligned += 1,
                }
                self.count_size(size);
                (object, Some(size))
            }
            Event::Resize { object, size } => {
                self.resized += 1;
                (object, Some(size))
            }
            Event::Free { object } => {
                self.freed += 1;
                (object, None)
            }
        };
        let place = live.get_mut(object as usize).context("no such object")?;
        let is_new = matches!(event, Event::Allocate { .. });
        if place.is_some() == is_new {
            let state = if is_new { "live already" } else { "not live" };
            bail!("object {object} is {state}");
        }
        let before = std::mem::replace(place, size).unwrap_or(0);
        self.final_objects += u64::from(is_new);
        self.final_objects -= u64::from(size.is_none());
        self.final_bytes = (self.final_bytes - before)
            .checked_add(size.unwrap_or(0))
            .context("more bytes than there are addresses")?;
        self.requested_bytes = self.requested_bytes.saturating_add(size.unwrap_or(0));
        self.peak_objects = self.peak_objects.max(self.final_objects);
        self.peak_bytes = self.peak_bytes.max(self.final_bytes);
        Ok(())
    }

    fn count_size(&mut self, size: u64) {
        let log2 = size.max(1).next_power_of_two().ilog2() as usize;
        if self.sizes.len() <= log2 {
            self.sizes.resize(log2 + 1, 0);
        }
        self.sizes[log2] += 1;
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;
    use trace::{Encoder, LONGEST, Record};

    /// A whole trace of these events, one each millisecond.
    pub(crate) fn encode(events: &[Event]) -> Vec<u8> {
        let mut encoder = Encoder::new();
        let mut piece = [0; LONGEST];
        let len = encoder.header(&mut piece);
        let mut bytes = piece[..len].to_vec();
        for (time, &event) in (0..).zip(events) {
            let record = Record {
                time,
                thread: 0,
                event,
            };
            let len = encoder.record(&record, &mut piece);
            bytes.extend_from_slice(&piece[..len]);
        }
        let len = encoder.end(&mut piece);
        bytes.extend_from_slice(&piece[..len]);
        bytes
    }

    pub(crate) fn plain(object: u32, size: u64) -> Event {
        Event::Allocate {
            object,
            size,
            how: How::Plain,
        }
    }

    fn survey(events: &[Event]) -> Result<Survey> {
        Survey::of(Reader::new(&encode(events)).unwrap())
    }

    #[test]
    fn bytes_and_objects_are_followed() {
        let seen = survey(&[
            plain(0, 100),
            plain(1, 50),
            Event::Resize {
                object: 0,
                size: 300,
            },
            Event::Free { object: 0 },
            plain(0, 8),
        ])
        .unwrap();
        assert_eq!((seen.peak_bytes, seen.final_bytes), (350, 58));
        assert_eq!((seen.peak_objects, seen.final_objects), (2, 2));
        assert_eq!((seen.plain, seen.resized, seen.freed), (3, 1, 1));
        assert_eq!((seen.places, seen.threads, seen.milliseconds), (2, 1, 4));
        assert_eq!(seen.requested_bytes, 458);
        assert_eq!(seen.sizes, [0, 0, 0, 1, 0, 0, 1, 1]);
    }

    #[test]
    fn what_does_not_follow_is_an_error() {
        let error = |events: &[Event]| format!("{:#}", survey(events).unwrap_err());
        let free = Event::Free { object: 0 };
        assert_eq!(
            error(&[plain(0, 1), plain(0, 1)]),
            "record 2: object 0 is live already"
        );
        assert_eq!(
            error(&[plain(0, 1), free, free]),
            "record 3: object 0 is not live"
        );
        let most = i64::MAX as u64;
        assert!(
            error(&[plain(0, most), plain(1, most), plain(2, most)]).contains("more bytes than")
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_surveyed_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut all = encode(&[]);
            all.truncate(trace::MAGIC.len() + 1);
            all.extend(bytes);
            if let Ok(survey) = Survey::of(Reader::new(&all).unwrap()) {
                prop_assert_eq!(survey.records, survey.plain + survey.zeroed + survey.aligned + survey.resized + survey.freed);
            }
        }
    }
}
