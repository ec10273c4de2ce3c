//! Page runs against the simplest oracle: a flag for each page.

use super::*;
use crate::os::{Linux, Os};
use crate::page_map::Tables;
use crate::place;
use crate::site::Site;
use proptest::prelude::*;

const PAGES: u32 = 200;

/// Tables of an arena without memory.
struct Mapped {
    os: Linux,
    tables: Tables,
    map: PageMap,
}

impl Drop for Mapped {
    fn drop(&mut self) {
        self.tables.clear(&self.os);
    }
}

fn tables() -> Mapped {
    let os = Linux::new();
    let site =
        Site::within(place::apart(), Linux::PAGE_SIZE, Grain::PAGE, 0, 0).expect("a large place");
    let site = Site {
        pages: PAGES as usize,
        ..site
    };
    let mut tables = Tables::at(&site);
    tables
        .cover(&os, 0..PAGES as usize)
        .expect("nothing is there");
    // SAFETY: the tables live in the same struct as the map.
    let map = unsafe { PageMap::new(site, Linux::PAGE_SIZE, &tables) };
    Mapped { os, tables, map }
}

#[derive(Clone, Debug)]
enum Step {
    /// Give back pages `first .. first + pages`, as far as they are in use.
    Insert(u32, u32),
    /// Ask for pages with an alignment.
    Take(u32, u32),
    /// Ask for pages at a place.
    TakeAt(u32, u32),
    /// Ask for a piece of the longest run.
    TakeLongest(u32),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0..PAGES, 1..60_u32).prop_map(|(first, pages)| Step::Insert(first, pages)),
        3 => (1..50_u32, 0..4_u32).prop_map(|(pages, shift)| Step::Take(pages, 1 << shift)),
        2 => (0..PAGES, 1..20_u32).prop_map(|(first, pages)| Step::TakeAt(first, pages)),
        1 => (1..100_u32).prop_map(Step::TakeLongest),
    ];
    prop::collection::vec(step, 1..120)
}

/// The maximal runs of unused pages.
fn runs(free: &[bool]) -> Vec<(u32, u32)> {
    let mut found: Vec<(u32, u32)> = Vec::new();
    for page in (0..PAGES).filter(|&page| free[page as usize]) {
        match found.last_mut() {
            Some((first, pages)) if *first + *pages == page => *pages += 1,
            _ => found.push((page, 1)),
        }
    }
    found
}

/// The runs that the store's lists hold, in order of address.
fn listed(store: &RunStore, map: &PageMap) -> Vec<(u32, u32)> {
    let mut found = Vec::new();
    for (list, &head) in store.heads.iter().enumerate() {
        assert_eq!(head != NOWHERE, store.occupied >> list & 1 == 1);
        let mut page = head;
        while page != NOWHERE {
            let length = map.record(PageIndex(page));
            assert_eq!(list_of(length), list);
            found.push((page as u32, length));
            page = map.link(PageIndex(page), Direction::Next);
        }
    }
    found.sort_unstable();
    found
}

proptest! {
    #[test]
    fn agrees_with_a_flag_for_each_page(steps in steps()) {
        let tables = tables();
        let map = &tables.map;
        let mut store = RunStore::NONE;
        store.begin(Kind::DirtySpans);
        let mut free = vec![false; PAGES as usize];
        for step in steps {
            let taken = match step {
                Step::Insert(first, pages) => {
                    let used = (first..PAGES.min(first + pages)).take_while(|&p| !free[p as usize]).count();
                    if used > 0 {
                        let run = Run { first: PageIndex(first as usize), pages: PageCount(used as u32) };
                        free[first as usize..][..used].fill(true);
                        store.insert(map, run);
                    }
                    None
                }
                Step::Take(pages, align) => {
                    let base = 5;
                    let place = Place::aligned(PageCount(pages), PageCount(align), base);
                    let taken = store.take(map, place);
                    if let Some(run) = taken {
                        prop_assert_eq!(run.pages.0, pages);
                        prop_assert_eq!((run.first.0 + base) % align as usize, 0);
                    } else {
                        // Only a search that cannot see a fit may fail: with room for any alignment there always is one,
                        // unless it hides behind the first runs of its own list.
                        let generous = pages + align - 1;
                        let hidden = runs(&free).iter().filter(|run| list_of(run.1) == list_of(generous)).count();
                        let fits = runs(&free).iter().any(|run| run.1 >= generous && list_of(run.1) > list_of(generous));
                        prop_assert!(!fits);
                        prop_assert!(hidden > LOOKED_AT || !runs(&free).iter().any(|run| run.1 >= generous));
                    }
                    taken
                }
                Step::TakeAt(first, pages) => {
                    let run = Run { first: PageIndex(first as usize), pages: PageCount(pages) };
                    let possible = runs(&free).iter().any(|&(start, length)| start == first && length >= pages);
                    prop_assert_eq!(store.take_at(map, run), possible);
                    possible.then_some(run)
                }
                Step::TakeLongest(most) => {
                    let taken = store.take_longest(map, PageCount(most));
                    prop_assert_eq!(taken.is_none(), runs(&free).is_empty());
                    if let Some(run) = taken {
                        prop_assert!(run.pages.0 <= most);
                    }
                    taken
                }
            };
            if let Some(run) = taken {
                let taken = &mut free[run.first.0..run.end().0];
                prop_assert!(taken.iter().all(|&free| free), "{run:?} was handed out twice");
                taken.fill(false);
            }
            prop_assert_eq!(store.pages(), free.iter().filter(|&&f| f).count());
            prop_assert_eq!(listed(&store, map), runs(&free));
        }
    }

    #[test]
    fn lists_are_ordered_by_length(a in 1..=LONGEST, b in 1..=LONGEST) {
        let (short, long) = (a.min(b), a.max(b));
        prop_assert!(list_of(short) <= list_of(long));
        prop_assert!(list_of(long) < LISTS);
    }
}
