//! The addresses of an arena: its range, the tables that belong to it, and the frontiers between which nothing was used.

use sync::Word;

use heap::{Labels, PageCount, PageIndex, Run};

use crate::ground::Ground;
use crate::os::{Access, Advice, Errno, Os};
use crate::page_map::PageMap;
use crate::reserve::Reserve;
use crate::run_store::Place;
use crate::tuning;

/// The reserved ranges, and the pages that were never used: `low..high`.
pub(crate) struct Ranges {
    pub(crate) memory: Reserve,
    labels: Reserve,
    records: Reserve,
    links: Reserve,
    low: u32,
    high: u32,
}

impl Ranges {
    /// Reserves as much as the system and the process's limit allow, with the tables that belong to it.
    pub(crate) fn reserve<O: Os>(os: &O) -> Result<Self, Errno> {
        // A quarter of the address space is left to the program.
        let limit = os.address_space_limit();
        let ours = (limit - limit / 4) / O::PAGE_SIZE * O::PAGE_SIZE;
        let mut len = tuning::RESERVATION.min(ours);
        loop {
            match Self::reserve_exactly(os, len) {
                Err(_) if len / 2 >= tuning::SMALLEST_RESERVATION => {
                    len = len / 2 / O::PAGE_SIZE * O::PAGE_SIZE;
                }
                result => return result,
            }
        }
    }

    fn reserve_exactly<O: Os>(os: &O, len: usize) -> Result<Self, Errno> {
        let pages = len / O::PAGE_SIZE;
        let memory = Reserve::new(os, len, Access::None)?;
        // Unopened parts of the tables can be read, as zeros: then any address of the arena may be looked up.
        let table = |entry: usize| Reserve::new(os, pages * entry, Access::Read);
        let words = size_of::<Word>();
        let mut made = [const { None }; 3];
        for (slot, entry) in made.iter_mut().zip([words, words, 2 * words]) {
            match table(entry) {
                Ok(reserve) => *slot = Some(reserve),
                Err(error) => {
                    for reserve in made.iter().flatten().chain([&memory]) {
                        // SAFETY: reserved above and known to nobody else.
                        let _ = unsafe { os.unmap(reserve.base(), reserve.len()) };
                    }
                    return Err(error);
                }
            }
        }
        let [Some(labels), Some(records), Some(links)] = made else {
            return Err(Errno::ENOMEM);
        };
        Ok(Self {
            memory,
            labels,
            records,
            links,
            low: 0,
            high: pages as u32,
        })
    }

    pub(crate) fn ground<O: Os>(&self) -> Ground {
        let pages = self.high;
        let labels = self.labels.base().cast::<Word>();
        let base = self.memory.base().as_ptr() as usize;
        let shift = O::PAGE_SIZE.trailing_zeros();
        // SAFETY: the table has one word a page, can be read everywhere, and is never unmapped.
        let for_free = unsafe { Labels::new(base, pages as usize, shift, labels) };
        let (records, links) = (self.records.base().cast(), self.links.base().cast());
        // SAFETY: as above for all three tables; pages are opened together with their entries.
        let map = unsafe { PageMap::new(pages, labels, records, links) };
        Ground {
            labels: for_free,
            map,
        }
    }

    /// The pages that were never used.
    pub(crate) fn unused(&self) -> core::ops::Range<u32> {
        self.low..self.high
    }

    /// Bytes of the tables that are open.
    pub(crate) fn tables_bytes(&self) -> usize {
        let tables = [&self.labels, &self.records, &self.links];
        tables.into_iter().map(Reserve::open_bytes).sum()
    }

    /// The step in which the arena grows now.
    fn growth(&self) -> usize {
        let share = self.memory.open_bytes() / tuning::GROWTH_SHARE;
        share
            .clamp(tuning::SMALLEST_GROWTH, tuning::LARGEST_GROWTH)
            .next_power_of_two()
    }

    /// Pages that were never used, from the upper end.
    pub(crate) fn take_high<O: Os>(&mut self, os: &O, pages: PageCount) -> Option<Run> {
        let first = self
            .high
            .checked_sub(pages.0)
            .filter(|&first| first >= self.low)?;
        for (table, entry) in self.tables() {
            table
                .open_above(os, first as usize * entry, tuning::TABLE_STEP)
                .ok()?;
        }
        let step = self.growth();
        let opened = self
            .memory
            .open_above(os, first as usize * O::PAGE_SIZE, step)
            .ok()?;
        if opened.to > opened.from {
            // SAFETY: the offset lies in the reservation.
            let at = unsafe { self.memory.base().add(opened.from) };
            // A hint: with huge pages, memory would come back in larger pieces only.
            let _ = os.advise(at, opened.to - opened.from, Advice::NoHugePages);
        }
        self.high = first;
        Some(Run {
            first: PageIndex(first),
            pages,
        })
    }

    /// Pages that were never used, from the lower end; also what was skipped to align them.
    pub(crate) fn take_low<O: Os>(&mut self, os: &O, place: Place) -> Option<(Run, Option<Run>)> {
        let pages = place.pages;
        let first = place.first_from(self.low)?;
        let end = first.checked_add(pages.0).filter(|&end| end <= self.high)?;
        for (table, entry) in self.tables() {
            table
                .open_below(os, end as usize * entry, tuning::TABLE_STEP)
                .ok()?;
        }
        let step = self.growth();
        self.memory
            .open_below(os, end as usize * O::PAGE_SIZE, step)
            .ok()?;
        let skipped = (first > self.low).then_some(Run {
            first: PageIndex(self.low),
            pages: PageCount(first - self.low),
        });
        self.low = end;
        Some((
            Run {
                first: PageIndex(first),
                pages,
            },
            skipped,
        ))
    }

    /// The tables, each with the size of its entries.
    fn tables(&mut self) -> [(&mut Reserve, usize); 3] {
        let word = size_of::<Word>();
        [
            (&mut self.labels, word),
            (&mut self.records, word),
            (&mut self.links, 2 * word),
        ]
    }
}
