//! The recorder, against the simplest bookkeeping that could be right.

use std::collections::HashMap;

use proptest::prelude::*;
use trace::{BUFFER, Event, Fault, How, Moment, Reader, Record, Recorder, System};

/// Memory from the test's own heap, and a file in memory that takes so many bytes.
struct InMemory {
    file: Vec<u8>,
    room: usize,
    words: usize,
}

impl System for InMemory {
    fn words(&mut self, count: usize) -> Option<&'static mut [u64]> {
        self.words = self.words.checked_sub(count)?;
        Some(vec![0; count].leak())
    }

    fn give_back(&mut self, words: &'static mut [u64]) {
        self.words += words.len();
    }

    fn append(&mut self, bytes: &[u8]) -> bool {
        let fits = self.file.len() + bytes.len() <= self.room;
        if fits {
            self.file.extend_from_slice(bytes);
        }
        fits
    }
}

fn recorder(room: usize, words: usize) -> Box<Recorder<InMemory>> {
    let mut recorder = Box::new(Recorder::new(InMemory {
        file: Vec::new(),
        room,
        words,
    }));
    recorder.begin();
    recorder
}

const AT: Moment = Moment { time: 0, thread: 7 };
const PLENTY: usize = 1 << 30;

fn finished(mut recorder: Box<Recorder<InMemory>>) -> Result<Vec<Record>, trace::Error> {
    recorder.finish();
    Reader::new(&recorder.system().file)?.collect()
}

#[derive(Clone, Debug)]
enum Call {
    Allocate(u64, u64),
    Free(u64),
    Resize(u64, u64, u64),
    ResizeInVain(u64),
}

fn calls() -> impl Strategy<Value = Vec<Call>> {
    // Few addresses, so that they come again; neighbours collide in the table.
    let address = (1u64..60).prop_map(|block| block << 4);
    let call = prop_oneof![
        4 => (address.clone(), 0u64..100_000).prop_map(|(a, s)| Call::Allocate(a, s)),
        3 => address.clone().prop_map(Call::Free),
        2 => (address.clone(), address.clone(), 0u64..100_000).prop_map(|(a, b, s)| Call::Resize(a, b, s)),
        1 => address.prop_map(Call::ResizeInVain),
    ];
    prop::collection::vec(call, 0..300)
}

/// Live objects by number, with their sizes, as a reader of the trace sees them.
fn live_by_number(records: &[Record]) -> HashMap<u32, u64> {
    let mut live = HashMap::new();
    for record in records {
        match record.event {
            Event::Allocate { object, size, .. } => {
                assert_eq!(live.insert(object, size), None, "{object} is live twice");
            }
            Event::Resize { object, size } => *live.get_mut(&object).unwrap() = size,
            Event::Free { object } => assert!(live.remove(&object).is_some(), "{object}"),
        }
    }
    live
}

proptest! {
    #[test]
    fn sizes_of_live_objects_are_those_of_the_program(calls in calls()) {
        let mut recorder = recorder(PLENTY, PLENTY);
        let mut live: HashMap<u64, u64> = HashMap::new();
        let mut most = 0;
        for call in calls {
            match call {
                Call::Allocate(address, size) => {
                    recorder.allocated(AT, address, size, How::Plain);
                    live.insert(address, size);
                }
                Call::Free(address) => {
                    recorder.freed(AT, address);
                    live.remove(&address);
                }
                Call::Resize(from, to, size) => {
                    let object = recorder.resizing(from);
                    prop_assert_eq!(object.is_some(), live.remove(&from).is_some());
                    if let Some(object) = object {
                        recorder.resized(AT, object, to, size);
                        live.insert(to, size);
                    }
                }
                Call::ResizeInVain(address) => {
                    if let Some(object) = recorder.resizing(address) {
                        recorder.kept(object, address);
                    }
                }
            }
            most = most.max(live.len());
        }
        let records = finished(recorder).unwrap();
        let mut seen: Vec<u64> = live_by_number(&records).into_values().collect();
        let mut expected: Vec<u64> = live.into_values().collect();
        seen.sort_unstable();
        expected.sort_unstable();
        prop_assert_eq!(seen, expected);
        // A resize onto a live block may need one number more for a moment.
        let greatest = records.iter().filter_map(|record| match record.event {
            Event::Allocate { object, .. } => Some(object as usize + 1),
            _ => None,
        }).max().unwrap_or(0);
        prop_assert!(greatest <= most + 1, "{greatest} numbers for {most} objects");
    }
}

#[test]
fn many_objects_outgrow_every_table() {
    let mut recorder = recorder(PLENTY, PLENTY);
    let addresses = || (1..50_000u64).map(|block| block * 48);
    for address in addresses() {
        recorder.allocated(AT, address, address, How::Zeroed);
    }
    for address in addresses() {
        recorder.freed(AT, address);
    }
    assert!(recorder.system().file.len() >= BUFFER);
    let records = finished(recorder).unwrap();
    assert_eq!(records.len(), 2 * addresses().count());
    assert!(live_by_number(&records).is_empty());
}

#[test]
fn threads_are_numbered_as_they_come_and_time_goes_on() {
    let mut recorder = recorder(PLENTY, PLENTY);
    for (index, thread) in [90, 7, 90, 8].into_iter().enumerate() {
        let at = Moment {
            time: 10 * index as u64,
            thread,
        };
        recorder.allocated(at, 16 + 16 * index as u64, 1, How::Aligned(6));
    }
    let records = finished(recorder).unwrap();
    let seen: Vec<_> = records.iter().map(|r| (r.time, r.thread)).collect();
    assert_eq!(seen, [(0, 0), (10, 1), (20, 0), (30, 2)]);
}

#[test]
fn nothing_is_recorded_before_the_start_and_after_the_end() {
    let mut recorder = Box::new(Recorder::new(InMemory {
        file: Vec::new(),
        room: PLENTY,
        words: PLENTY,
    }));
    recorder.allocated(AT, 16, 1, How::Plain);
    recorder.begin();
    recorder.freed(AT, 16);
    recorder.finish();
    recorder.allocated(AT, 32, 1, How::Plain);
    recorder.finish();
    assert!(finished(recorder).unwrap().is_empty());
}

#[test]
fn a_full_file_leaves_a_trace_without_its_end() {
    let mut recorder = recorder(BUFFER + 10, PLENTY);
    for block in 1..100_000 {
        recorder.allocated(AT, block * 16, 100, How::Plain);
    }
    assert_eq!(finished(recorder).unwrap_err().fault, Fault::Truncated);
}

#[test]
fn without_memory_the_trace_has_no_end() {
    let mut recorder = recorder(PLENTY, 1 << 15);
    for block in 1..10_000 {
        recorder.allocated(AT, block * 16, 100, How::Plain);
    }
    assert!(finished(recorder).is_err());
}
