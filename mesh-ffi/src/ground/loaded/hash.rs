//! How the symbols of an object are found by name, in a table of either kind.

use core::ffi::c_void;
use core::ptr::{null_mut, with_exposed_provenance};

use super::name::Name;

/// How symbols are found by name.
pub(super) enum Hash {
    Gnu(Gnu),
    /// The older table: buckets, then chains.
    Old(*const u32),
}

impl Hash {
    /// The tables at these addresses, of which one is enough; zero for one that is not there.
    ///
    /// # Safety
    /// Tables are there.
    pub(super) unsafe fn new(gnu: usize, old: usize) -> Option<Self> {
        if gnu != 0 {
            // SAFETY: a table is there (contract).
            Some(Self::Gnu(unsafe { Gnu::new(with_exposed_provenance(gnu)) }))
        } else if old != 0 {
            Some(Self::Old(with_exposed_provenance(old)))
        } else {
            None
        }
    }

    /// The first of the symbols with the hash of `name` that `choose` makes something of; null when there is none.
    pub(super) fn look_up(
        &self,
        name: Name,
        choose: impl Fn(u32) -> Option<*mut c_void>,
    ) -> *mut c_void {
        match self {
            Self::Gnu(table) => table.look_up(name, choose),
            Self::Old(table) => look_up_in_old(*table, name, choose),
        }
    }
}

/// The parts of a `DT_GNU_HASH` table.
pub(super) struct Gnu {
    filter: *const u64,
    filter_mask: u32,
    filter_shift: u32,
    buckets: *const u32,
    bucket_count: u32,
    /// The chain of the symbol with number zero, which is not there: the first ones have no chain.
    chains: *const u32,
}

impl Gnu {
    /// # Safety
    /// A table is there.
    unsafe fn new(table: *const u32) -> Self {
        // SAFETY: the table begins with four numbers.
        let [buckets, first, words, shift] = unsafe { table.cast::<[u32; 4]>().read() };
        let filter = table.wrapping_add(4).cast::<u64>();
        let start = filter.wrapping_add(words as usize).cast::<u32>();
        Self {
            filter,
            filter_mask: words.wrapping_sub(1),
            filter_shift: shift % u32::BITS,
            buckets: start,
            bucket_count: buckets,
            chains: start
                .wrapping_add(buckets as usize)
                .wrapping_sub(first as usize),
        }
    }

    /// As [`Hash::look_up`].
    fn look_up(&self, name: Name, choose: impl Fn(u32) -> Option<*mut c_void>) -> *mut c_void {
        let word = (name.hash / u64::BITS) & self.filter_mask;
        let (first, second) = (
            name.hash % u64::BITS,
            (name.hash >> self.filter_shift) % u64::BITS,
        );
        // SAFETY: the mask keeps the number within the filter.
        let filter = unsafe { self.filter.wrapping_add(word as usize).read() };
        if filter >> first & filter >> second & 1 == 0 || self.bucket_count == 0 {
            return null_mut();
        }
        let bucket = (name.hash % self.bucket_count) as usize;
        // SAFETY: less than the number of buckets.
        let mut number = unsafe { self.buckets.wrapping_add(bucket).read() };
        if number == 0 {
            return null_mut();
        }
        loop {
            // SAFETY: the symbols of a bucket follow each other up to the one whose hash is odd.
            let hash = unsafe { self.chains.wrapping_add(number as usize).read() };
            if hash | 1 == name.hash | 1
                && let Some(found) = choose(number)
            {
                return found;
            }
            if hash & 1 != 0 {
                return null_mut();
            }
            number += 1;
        }
    }
}

/// As [`Hash::look_up`], in the older table.
fn look_up_in_old(
    table: *const u32,
    name: Name,
    choose: impl Fn(u32) -> Option<*mut c_void>,
) -> *mut c_void {
    // SAFETY: the table begins with its number of buckets.
    let buckets = unsafe { table.read() };
    if buckets == 0 {
        return null_mut();
    }
    let links = table.wrapping_add(2);
    let mut link = links.wrapping_add((name.old_hash() % buckets) as usize);
    loop {
        // SAFETY: a link of the table, which leads to a symbol or ends with zero.
        let number = unsafe { link.read() };
        if number == 0 {
            return null_mut();
        }
        if let Some(found) = choose(number) {
            return found;
        }
        link = links.wrapping_add(buckets as usize + number as usize);
    }
}
