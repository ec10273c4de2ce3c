//! A table with a fixed place for each entry, mapped only where there are entries in use.

use core::ops::Range;
use core::ptr::NonNull;

use crate::os::{Access, Advice, NotMapped, Os, Purpose};
use crate::tuning::{GROWTH_SHARE, TABLE_STEP};

/// Entries `0..entries` of `size` bytes from `base` on, of which those of one range are mapped. They are zero at first.
pub(crate) struct Table {
    base: usize,
    size: usize,
    entries: usize,
    covered: Range<usize>,
}

impl Table {
    /// Nothing is mapped yet. `base` is a multiple of the page size, and `size` divides that.
    pub(crate) const fn new(base: usize, size: usize, entries: usize) -> Self {
        Self {
            base,
            size,
            entries,
            covered: 0..0,
        }
    }

    /// Entries that are mapped.
    pub(crate) fn covered(&self) -> Range<usize> {
        self.covered.clone()
    }

    /// Bytes that are mapped, but for parts of pages.
    pub(crate) fn bytes(&self) -> usize {
        self.covered.len() * self.size
    }

    /// The address of an entry.
    pub(crate) fn address(&self, entry: usize) -> usize {
        self.base + entry * self.size
    }

    /// Maps the entries of `wanted`, and all between them and what is mapped already.
    pub(crate) fn cover<O: Os>(&mut self, os: &O, wanted: Range<usize>) -> Result<(), NotMapped> {
        if wanted.end > self.entries {
            return Err(NotMapped::Refused);
        }
        let share = self.covered.len() / GROWTH_SHARE / TABLE_STEP * TABLE_STEP;
        let step = share.max(TABLE_STEP);
        let down = wanted.start / step * step;
        let up = wanted.end.next_multiple_of(step).min(self.entries);
        if self.covered.is_empty() {
            self.covered = self.map(os, down..up, wanted)?;
            return Ok(());
        }
        let Range { start, end } = self.covered;
        if wanted.end > end {
            self.covered.end = self.map(os, end..up, end..wanted.end)?.end;
        }
        if wanted.start < start {
            self.covered.start = self.map(os, down..start, wanted.start..start)?.start;
        }
        Ok(())
    }

    /// Maps the entries of `generous`, or only those of `needed` where that is refused; returns all that are mapped with them.
    fn map<O: Os>(
        &self,
        os: &O,
        generous: Range<usize>,
        needed: Range<usize>,
    ) -> Result<Range<usize>, NotMapped> {
        self.map_pages(os, generous)
            .or_else(|_| self.map_pages(os, needed))
    }

    /// Maps the pages of these entries; returns all entries of the pages.
    fn map_pages<O: Os>(&self, os: &O, entries: Range<usize>) -> Result<Range<usize>, NotMapped> {
        let in_page = self.in_page(os);
        let from = entries.start / in_page * in_page;
        let to = entries.end.next_multiple_of(in_page);
        let len = (to - from) * self.size;
        let at = NonNull::new(self.address(from) as *mut u8).ok_or(NotMapped::Refused)?;
        os.map_at(at, len, Access::ReadWrite)?;
        os.name(at, len, Purpose::Tables);
        // A hint: dumps need no tables.
        let _ = os.advise(at, len, Advice::NotInDumps);
        Ok(from..to.min(self.entries))
    }

    /// Says what it is for.
    pub(crate) fn name<O: Os>(&self, os: &O) {
        if let Some((at, len)) = self.mapped(os) {
            os.name(at, len, Purpose::Tables);
        }
    }

    /// Entries in a page of the system's.
    fn in_page<O: Os>(&self, os: &O) -> usize {
        os.system_page() / self.size
    }

    /// Unmaps everything, where nobody has used it yet.
    pub(crate) fn clear<O: Os>(&mut self, os: &O) {
        if let Some((at, len)) = self.mapped(os) {
            // SAFETY: mapped by `map_pages`, and known to nobody else.
            let _ = unsafe { os.unmap(at, len) };
        }
        self.covered = 0..0;
    }

    /// Where the entries are that are mapped, and their bytes.
    fn mapped<O: Os>(&self, os: &O) -> Option<(NonNull<u8>, usize)> {
        let Range { start, end } = self.covered;
        let end = end.next_multiple_of(self.in_page(os));
        let at = NonNull::new(self.address(start) as *mut u8)?;
        (start < end).then_some((at, (end - start) * self.size))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::{FailNth, Linux};
    use crate::place;

    const PAGE: usize = Linux::PAGE_SIZE;
    const ENTRIES: usize = 64 * TABLE_STEP + 100;

    /// A table in a place of its own.
    fn table() -> Table {
        Table::new(place::apart().start, 8, ENTRIES)
    }

    #[test]
    fn grows_both_ways_and_is_clipped_at_its_ends() {
        let os = Linux::new();
        let mut table = table();
        let middle = 3 * TABLE_STEP + 5;
        table.cover(&os, middle..middle + 1).unwrap();
        assert_eq!(table.covered(), 3 * TABLE_STEP..4 * TABLE_STEP);
        table.cover(&os, 10..ENTRIES).unwrap();
        assert_eq!(table.covered(), 0..ENTRIES);
        assert_eq!(table.cover(&os, 0..ENTRIES + 1), Err(NotMapped::Refused));
        let last = table.address(ENTRIES - 1) as *mut u64;
        // SAFETY: it is mapped.
        assert_eq!(unsafe { last.read() }, 0);
        table.clear(&os);
        assert!(table.covered().is_empty());
    }

    #[test]
    fn where_a_step_is_refused_a_page_is_mapped() {
        let os = FailNth::new(Linux::new());
        let mut table = table();
        os.refuse(0, 1);
        table.cover(&os, 700..701).unwrap();
        assert_eq!(table.covered(), 512..1024);
        os.refuse(0, 1);
        table.cover(&os, 1023..1025).unwrap();
        os.refuse(0, 1);
        table.cover(&os, 511..1025).unwrap();
        assert_eq!(table.covered(), 0..1536);
        os.refuse(0, 2);
        assert_eq!(table.cover(&os, 2000..2001), Err(NotMapped::Refused));
        assert_eq!(table.covered(), 0..1536);
        os.refuse(0, 0);
        table.clear(&os);
    }

    #[test]
    fn what_is_there_already_is_left_alone() {
        let os = Linux::new();
        let mut table = table();
        table.cover(&os, 0..1).unwrap();
        let there = NonNull::new(table.address(2 * TABLE_STEP) as *mut u8).unwrap();
        os.map_at(there, PAGE, Access::Read).unwrap();
        assert_eq!(
            table.cover(&os, 0..2 * TABLE_STEP + 1),
            Err(NotMapped::Taken)
        );
        table.cover(&os, 0..2 * TABLE_STEP).unwrap();
        assert_eq!(table.covered(), 0..2 * TABLE_STEP);
        // SAFETY: mapped above.
        unsafe { os.unmap(there, PAGE) }.unwrap();
        table.clear(&os);
    }
}
