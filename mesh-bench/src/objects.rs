//! The objects of the run, found through a table that lies in a mapping of its own.
//!
//! The table is populated before the first measurement, so it is part of the baseline and not of the heap's figures.

use crate::malloc;
use memmap2::{MmapMut, MmapOptions};
use std::io;
use std::ptr::NonNull;

/// Address and size of one object; address 0 says that there is none.
type Entry = [usize; 2];

/// A fixed number of places for objects from `malloc`. Objects still there at the end stay allocated.
pub(crate) struct Objects {
    table: MmapMut,
}

impl Objects {
    /// A table with `count` empty places, all of it in memory.
    pub(crate) fn new(count: usize) -> io::Result<Self> {
        let length = (count * size_of::<Entry>()).max(1);
        Ok(Self {
            table: MmapOptions::new().len(length).populate().map_anon()?,
        })
    }

    /// Allocates object `index` with `size` bytes, all zero.
    pub(crate) fn allocate(&mut self, index: usize, size: usize) {
        let address = malloc::allocate(size);
        // SAFETY: the object was just allocated with `size` bytes and nobody else knows it.
        unsafe { address.write_bytes(0, size) };
        self.entries_mut()[index] = [address.as_ptr().expose_provenance(), size];
    }

    /// Frees object `index`, if there is one.
    pub(crate) fn free(&mut self, index: usize) {
        let entry = std::mem::take(&mut self.entries_mut()[index]);
        if let Some(address) = address(entry) {
            // SAFETY: `allocate` got the address from malloc, and taking the entry makes this its only release.
            unsafe { malloc::release(address) };
        }
    }

    /// The bytes of object `index`; none when there is no object.
    pub(crate) fn bytes_mut(&mut self, index: usize) -> &mut [u8] {
        let entry = self.entries()[index];
        match address(entry) {
            // SAFETY: the object is allocated (it is in the table), has the size in its entry, and `allocate` wrote all
            // of it; `&mut self` is the only way to it.
            Some(address) => unsafe { std::slice::from_raw_parts_mut(address.as_ptr(), entry[1]) },
            None => &mut [],
        }
    }

    /// The address of object `index`; `None` when there is no object.
    pub(crate) fn address(&self, index: usize) -> Option<usize> {
        let [address, _] = self.entries()[index];
        (address != 0).then_some(address)
    }

    /// The usable size that the allocator reports for object `index`; `None` when there is no object.
    pub(crate) fn usable_size(&self, index: usize) -> Option<usize> {
        let address = address(self.entries()[index])?;
        // SAFETY: an address in the table came from malloc and is still allocated.
        Some(unsafe { malloc::usable_size(address) })
    }

    fn entries(&self) -> &[Entry] {
        bytemuck::cast_slice(&self.table[..self.whole()])
    }

    fn entries_mut(&mut self) -> &mut [Entry] {
        let whole = self.whole();
        bytemuck::cast_slice_mut(&mut self.table[..whole])
    }

    /// The bytes of the table that are whole entries.
    fn whole(&self) -> usize {
        self.table.len() / size_of::<Entry>() * size_of::<Entry>()
    }
}

fn address(entry: Entry) -> Option<NonNull<u8>> {
    NonNull::new(std::ptr::with_exposed_provenance_mut(entry[0]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_have_their_size_until_they_are_freed() {
        let mut objects = Objects::new(3).unwrap();
        objects.allocate(0, 100);
        objects.allocate(2, 5);
        assert_eq!(objects.bytes_mut(0), [0; 100]);
        assert_eq!(objects.bytes_mut(2).len(), 5);
        assert!(objects.usable_size(0).unwrap() >= 100);
        assert_eq!(objects.usable_size(1), None);
        assert_eq!(objects.address(1), None);
        assert_ne!(objects.address(0), objects.address(2));
        objects.free(0);
        objects.free(0);
        objects.free(2);
        assert!(objects.bytes_mut(0).is_empty());
    }

    #[test]
    fn a_write_stays_in_its_object() {
        let mut objects = Objects::new(64).unwrap();
        (0..64).for_each(|index| objects.allocate(index, 48));
        objects.bytes_mut(17).fill(9);
        for index in 0..64 {
            let expected = if index == 17 { 9 } else { 0 };
            assert_eq!(objects.bytes_mut(index), [expected; 48], "{index}");
            objects.free(index);
        }
    }
}
