//! Where the code of loaded objects is, as it can be found out in the middle of anything.
//!
//! Other threads may open and close libraries meanwhile. So what the loader lists is copied word by word, as memory of the program
//! that may not be there; of what changes in between a wrong range may come, never a fault.

use core::ptr::{null, with_exposed_provenance};
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use libc::{Elf64_Ehdr as Header, Elf64_Phdr as Segment};

use super::list::{Link, first_link};
use super::segments::MAGIC;
use crate::ground::reach::peek;

/// Ranges that there is room for: of each library there is one.
const MOST: usize = 512;

/// Objects that are looked at at most.
const MOST_LINKS: usize = 4096;

/// Segments of an object that are looked at at most.
const MOST_SEGMENTS: usize = 64;

/// Ranges of addresses in which code is, but for our own, in ascending order.
pub(crate) struct Code {
    ranges: [[AtomicUsize; 2]; MOST],
    count: AtomicUsize,
    /// The objects that were listed when they were found: how many, and the last one.
    listed: [AtomicUsize; 2],
    /// Whether somebody writes them. In the child of a fork that may be nobody: then they stay as they are.
    busy: AtomicBool,
}

impl Code {
    pub(crate) const fn new() -> Self {
        Self {
            ranges: [const { [const { AtomicUsize::new(0) }; 2] }; MOST],
            count: AtomicUsize::new(0),
            listed: [const { AtomicUsize::new(0) }; 2],
            busy: AtomicBool::new(false),
        }
    }

    /// Whether code is at `address`, as far as is known.
    pub(crate) fn is_at(&self, address: usize) -> bool {
        let count = self.count.load(Ordering::Relaxed).min(MOST);
        let ranges = &self.ranges[..count];
        let behind = ranges.partition_point(|[start, _]| start.load(Ordering::Relaxed) <= address);
        let range = behind.checked_sub(1).and_then(|last| ranges.get(last));
        range.is_some_and(|[_, end]| address < end.load(Ordering::Relaxed))
    }

    /// Looks whether objects were opened or closed, and finds the ranges anew if so.
    pub(crate) fn renew(&self) {
        let (count, last) = listed();
        let [known_count, known_last] = &self.listed;
        let is_known = known_count.load(Ordering::Relaxed) == count
            && known_last.load(Ordering::Relaxed) == last.addr();
        if is_known || self.busy.swap(true, Ordering::Acquire) {
            return;
        }
        known_count.store(count, Ordering::Relaxed);
        known_last.store(last.addr(), Ordering::Relaxed);
        self.count.store(0, Ordering::Relaxed);
        each_link(|_, link| self.add_object(link.base));
        self.busy.store(false, Ordering::Release);
    }

    fn add_object(&self, base: usize) {
        let own = listed as *const () as usize;
        // A program that is mapped where it was linked for has no base: it is added by itself.
        let Some(header) = peek(with_exposed_provenance::<Header>(base)) else {
            return;
        };
        if base == 0 || !header.e_ident.starts_with(&MAGIC) {
            return;
        }
        let table = base.wrapping_add(header.e_phoff as usize);
        for number in 0..usize::from(header.e_phnum).min(MOST_SEGMENTS) {
            let place = with_exposed_provenance::<Segment>(table).wrapping_add(number);
            let Some(segment) = peek(place) else { return };
            let start = base.wrapping_add(segment.p_vaddr as usize);
            let end = start.wrapping_add(segment.p_memsz as usize);
            let is_code = segment.p_type == libc::PT_LOAD && segment.p_flags & libc::PF_X != 0;
            if is_code && !(start..end).contains(&own) {
                self.add(start, end);
            }
        }
    }

    /// Adds a range, at its place.
    fn add(&self, start: usize, end: usize) {
        let count = self.count.load(Ordering::Relaxed);
        if count >= MOST {
            return;
        }
        let mut at = count;
        while let Some(before) = at.checked_sub(1).and_then(|before| self.ranges.get(before))
            && before[0].load(Ordering::Relaxed) > start
        {
            for (place, value) in self.ranges[at].iter().zip(before) {
                place.store(value.load(Ordering::Relaxed), Ordering::Relaxed);
            }
            at -= 1;
        }
        self.ranges[at][0].store(start, Ordering::Relaxed);
        self.ranges[at][1].store(end, Ordering::Relaxed);
        self.count.store(count + 1, Ordering::Relaxed);
    }
}

/// How many objects are listed, and the last one.
fn listed() -> (usize, *const Link) {
    let (mut count, mut last) = (0, null());
    each_link(|place, _| {
        count += 1;
        last = place;
    });
    (count, last)
}

/// Passes each link of our list to `act`.
fn each_link(mut act: impl FnMut(*const Link, Link)) {
    let mut place = first_link();
    for _ in 0..MOST_LINKS {
        if place.is_null() {
            return;
        }
        let Some(link) = peek(place) else { return };
        act(place, link);
        place = link.next;
    }
}
