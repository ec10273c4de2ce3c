//! What is written is read; what nobody wrote is one error.

use proptest::prelude::*;
use trace::{Encoder, Event, Fault, How, LONGEST, MAGIC, Reader, Record, VERSION};

/// A record that may follow others: numbers are folded into what the format permits.
type Draft = (u64, u32, u8, u32, u64);

fn drafts() -> impl Strategy<Value = Vec<Draft>> {
    let size = (0u32..64, any::<u64>()).prop_map(|(shift, bits)| (bits >> 1) >> shift.min(62));
    prop::collection::vec(
        (
            prop_oneof![Just(0u64), 0u64..1 << 40],
            0u32..1000,
            0u8..5,
            any::<u32>(),
            size,
        ),
        0..60,
    )
}

/// Records that hold the promises about threads and objects.
fn records(drafts: &[Draft]) -> Vec<Record> {
    let (mut time, mut threads, mut objects) = (0, 0, 0);
    let mut made = Vec::new();
    for &(elapsed, thread, kind, object, size) in drafts {
        time += elapsed;
        let thread = thread % (threads + 1).max(1);
        let kind = if objects == 0 { kind % 3 } else { kind };
        let event = match kind {
            0..3 => {
                let object = object % (objects + 1);
                objects = objects.max(object + 1);
                let how =
                    [How::Plain, How::Zeroed, How::Aligned((size % 64) as u8)][usize::from(kind)];
                Event::Allocate { object, size, how }
            }
            3 => Event::Resize {
                object: object % objects,
                size,
            },
            _ => Event::Free {
                object: object % objects,
            },
        };
        // A trace starts in thread zero, unless it says otherwise.
        threads = threads.max(thread + 1);
        made.push(Record {
            time,
            thread,
            event,
        });
    }
    made
}

fn encoded(records: &[Record]) -> Vec<u8> {
    let mut encoder = Encoder::new();
    let mut piece = [0; LONGEST];
    let len = encoder.header(&mut piece);
    let mut bytes = piece[..len].to_vec();
    for record in records {
        let len = encoder.record(record, &mut piece);
        bytes.extend_from_slice(&piece[..len]);
    }
    let len = encoder.end(&mut piece);
    bytes.extend_from_slice(&piece[..len]);
    bytes
}

fn read(bytes: &[u8]) -> Result<Vec<Record>, trace::Error> {
    Reader::new(bytes)?.collect()
}

#[test]
fn a_usual_record_takes_four_bytes() {
    let one = Record {
        time: 0,
        thread: 0,
        event: Event::Allocate {
            object: 0,
            size: 200,
            how: How::Plain,
        },
    };
    assert_eq!(encoded(&[one]).len() - encoded(&[]).len(), 4);
}

#[test]
fn other_files_and_versions_are_named() {
    let fault = |bytes: &[u8]| read(bytes).unwrap_err().fault;
    assert_eq!(fault(b""), Fault::NotATrace);
    assert_eq!(fault(b"\x7fELF and so on"), Fault::NotATrace);
    assert_eq!(fault(&MAGIC), Fault::Truncated);
    let mut next = encoded(&[]);
    next[MAGIC.len()] = VERSION + 1;
    assert_eq!(fault(&next), Fault::Version(VERSION + 1));
    assert!(
        read(&next)
            .unwrap_err()
            .to_string()
            .contains("version 2; known is 1")
    );
}

#[test]
fn an_error_is_the_last_thing_that_is_read() {
    let mut bytes = encoded(&[]);
    bytes[MAGIC.len() + 1] = 0xff;
    let mut reader = Reader::new(&bytes).unwrap();
    let error = reader.next().unwrap().unwrap_err();
    assert_eq!(
        (error.fault, error.offset),
        (Fault::Kind(0xff), MAGIC.len() + 1)
    );
    assert_eq!(reader.next(), None);
}

#[test]
fn an_object_that_never_was_is_refused() {
    let free = |object| Record {
        time: 0,
        thread: 0,
        event: Event::Free { object },
    };
    assert_eq!(read(&encoded(&[free(0)])).unwrap_err().fault, Fault::Number);
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(drafts in drafts()) {
        let records = records(&drafts);
        prop_assert_eq!(read(&encoded(&records)).unwrap(), records);
    }

    #[test]
    fn any_part_of_a_trace_is_an_error(drafts in drafts(), cut: prop::sample::Index) {
        let bytes = encoded(&records(&drafts));
        let part = &bytes[..cut.index(bytes.len())];
        let fault = read(part).unwrap_err().fault;
        prop_assert!(matches!(fault, Fault::NotATrace | Fault::Truncated), "{fault:?}");
    }

    #[test]
    fn what_follows_the_end_is_an_error(drafts in drafts(), more in prop::collection::vec(any::<u8>(), 1..9)) {
        let mut bytes = encoded(&records(&drafts));
        bytes.extend(more);
        prop_assert_eq!(read(&bytes).unwrap_err().fault, Fault::Trailing);
    }

    #[test]
    fn any_bytes_are_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut all = MAGIC.to_vec();
        all.push(VERSION);
        all.extend(&bytes);
        let mut reader = Reader::new(&all).unwrap();
        let count = reader.by_ref().take(1000).count();
        // Each record takes two bytes at least.
        prop_assert!(count <= bytes.len() / 2 + 1);
        prop_assert!(reader.objects() as usize <= count);
    }

    #[test]
    fn a_changed_byte_never_panics(drafts in drafts(), place: prop::sample::Index, byte: u8) {
        let mut bytes = encoded(&records(&drafts));
        let place = place.index(bytes.len());
        bytes[place] = byte;
        let read = read(&bytes);
        prop_assert!(read.is_err() || read.is_ok_and(|records| records.len() == drafts.len()));
    }
}
