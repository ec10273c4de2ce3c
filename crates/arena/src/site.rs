//! Where in the address space an arena is, with its tables. Nothing is mapped by choosing that.
//!
//! ```text
//!  hole of the address space
//!  | margin | tables |   …   |  <-- spans | large objects -->  |   …   | margin |
//!                            ^ page 0     ^ middle                     ^ pages
//! ```

use core::ops::Range;

use heap::Grain;

use crate::tuning::{JITTER_SHARE, MARGIN_SHARE, MOST_ADDRESSES, PLACES_TRIED, WINDOW_CHUNK};

/// Bytes of an entry of the tables of labels and records.
pub(crate) const WORD_ENTRY: usize = 4;
/// Bytes of an entry of the table of links.
pub(crate) const LINKS_ENTRY: usize = 16;
/// Bytes of an entry of the tables of chunks.
pub(crate) const CHUNK_ENTRY: usize = 8;

/// A hole that is smaller has no room to choose.
const ROOMY: usize = 1 << 43;
/// In a large hole the tables, and page 0, are at multiples of this: so the tables of the system that map ours are few, and
/// large alignments are simple.
const ROOMY_ALIGN: usize = 1 << 39;
/// The middle is one quarter into a stretch of so many pages: the first spans, the first large objects, and the entries of
/// both share tables of the system's and pages of ours.
const STRETCH: usize = 1024;

/// The tables of chunks begin at one of so many places …
const SPREAD: usize = 4096;
/// … that are so far apart.
const SPREAD_STEP: usize = 64 << 20;

/// The tables by page, with the bytes of their entries.
pub(crate) const PAGE_ENTRIES: [usize; 3] = [WORD_ENTRY, WORD_ENTRY, LINKS_ENTRY];

/// The tables of a site, with the bytes of their entries.
const TABLES: [usize; 5] = [
    WORD_ENTRY,
    WORD_ENTRY,
    LINKS_ENTRY,
    CHUNK_ENTRY,
    CHUNK_ENTRY,
];

/// The place of an arena.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Site {
    /// The address of page 0.
    pub(crate) base: usize,
    /// Pages that there may be.
    pub(crate) pages: usize,
    /// The page from which spans go down, and large objects up.
    pub(crate) middle: usize,
    /// The addresses of the tables: labels, records, links, and the chunks of two windows.
    pub(crate) tables: [usize; 5],
}

/// Pages of one chunk of a window.
pub(crate) const fn chunk_pages(page: usize) -> usize {
    WINDOW_CHUNK / page
}

impl Site {
    /// A site in `hole` for pages of `page` bytes, a power of two, of which the system has `grain` as one; `None` when it is too small.
    /// Where the middle is depends on `random`; how far the tables are from the start of the hole, on how many sites were tried and could
    /// not be had.
    pub(crate) fn within(
        hole: Range<usize>,
        page: usize,
        grain: Grain,
        random: u64,
        tried: u32,
    ) -> Option<Self> {
        let whole = page * grain.pages();
        let len = hole.end.checked_sub(hole.start)?;
        let margin = len / MARGIN_SHARE / whole * whole;
        let further = len / (2 * PLACES_TRIED as usize) * tried as usize;
        let start = (hole.start + margin + further).next_multiple_of(whole);
        let end = (hole.end - margin) / whole * whole;
        let align = if len >= ROOMY { ROOMY_ALIGN } else { whole };
        let mut at = start.next_multiple_of(align);
        // Each table begins on a page of its own.
        let room = end.checked_sub(at)?.checked_sub(TABLES.len() * whole)?;
        let per_page = page + 2 * WORD_ENTRY + LINKS_ENTRY + 1;
        let most = grain.down((room / per_page).min(MOST_ADDRESSES / page));
        let mut tables = [0; TABLES.len()];
        for (table, (place, entry)) in tables.iter_mut().zip(TABLES).enumerate() {
            let entries = match table {
                0..3 => most,
                _ => most.div_ceil(chunk_pages(page)) + 1,
            };
            if table == 3 && align > whole {
                // Few entries serve many pages: the tables of two arenas must not be the same.
                at += (random >> 32) as usize % SPREAD * SPREAD_STEP;
            }
            *place = at;
            at = (at + entries * entry).next_multiple_of(whole);
        }
        let centred = (start + (end - start) / 2).saturating_sub(most / 2 * page) / align * align;
        let base = centred.max(at.next_multiple_of(align));
        let pages = most.min(end.checked_sub(base)? / page);
        let middle = grain.down(middle(pages, random as usize));
        (pages > 0).then_some(Self {
            base,
            pages,
            middle,
            tables,
        })
    }
}

/// The middle of so many pages, or a page near it.
fn middle(pages: usize, random: usize) -> usize {
    let jitter = pages / JITTER_SHARE;
    if jitter < STRETCH {
        return pages / 2;
    }
    let about = pages / 2 - jitter / 2 + random % jitter;
    about / STRETCH * STRETCH + STRETCH / 4
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PAGE: usize = 4096;
    const GRAINS: [usize; 3] = [4 << 10, 16 << 10, 64 << 10];

    proptest! {
        #[test]
        fn everything_is_in_the_hole_and_apart(
            start in 0..1_usize << 46,
            shift in 18..43_u32,
            random: u64,
            tried in 0..PLACES_TRIED,
            grain in prop::sample::select(&GRAINS),
        ) {
            let grain = Grain::of(grain, PAGE).unwrap();
            // As many of the system's pages.
            let shift = shift + grain.pages().ilog2();
            let hole = start..start + (1 << shift);
            let site = Site::within(hole.clone(), PAGE, grain, random, tried).unwrap();
            let mut parts = Vec::new();
            parts.push(site.base..site.base + site.pages * PAGE);
            for (table, entry) in site.tables.into_iter().zip(TABLES) {
                let entries = if entry == CHUNK_ENTRY && parts.len() > 3 {
                    site.pages.div_ceil(chunk_pages(PAGE)) + 1
                } else {
                    site.pages
                };
                parts.push(table..table + entries * entry);
            }
            for (number, part) in parts.iter().enumerate() {
                prop_assert!(part.start.is_multiple_of(PAGE * grain.pages()));
                prop_assert!(hole.start <= part.start && part.end <= hole.end);
                for other in &parts[..number] {
                    prop_assert!(part.end <= other.start || other.end <= part.start);
                }
            }
            prop_assert!(site.middle < site.pages);
            prop_assert!(grain.down(site.middle) == site.middle && grain.down(site.pages) == site.pages);
            let most = (1 << shift).min(MOST_ADDRESSES);
            prop_assert!(site.pages * PAGE * 4 > most, "{} pages of {most} bytes", site.pages);
        }
    }

    #[test]
    fn the_hole_below_a_program_has_room_for_everything() {
        let site = Site::within(0..0x5555_5555_4000, PAGE, Grain::PAGE, 99, 0).unwrap();
        assert_eq!(site.pages * PAGE, MOST_ADDRESSES);
    }

    #[test]
    fn a_hole_may_be_too_small() {
        assert!(Site::within(PAGE..6 * PAGE, PAGE, Grain::PAGE, 1, 0).is_none());
        assert!(Site::within(PAGE..PAGE, PAGE, Grain::PAGE, 1, 0).is_none());
    }
}
