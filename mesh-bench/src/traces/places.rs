//! The live objects of a trace that is played, each full of bytes that tell it from all others.

use crate::fragment::contents::{self, Key};
use crate::malloc;
use memmap2::{MmapMut, MmapOptions};
use std::io;
use std::ptr::NonNull;
use trace::How;

/// Address (zero: nothing is here), size, and the stamp that the contents follow from.
type Place = [u64; 3];

/// A place for each number that objects of the trace have, in a mapping of its own that is populated at the start.
pub(crate) struct Places {
    table: MmapMut,
}

/// What is wrong with an object.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Damage {
    /// Its first byte that is not as it was left.
    Byte(usize),
    /// Memory that should be zero is not, from this byte on.
    NotZero(usize),
    /// It is not aligned as it was asked for.
    Alignment,
    /// The trace asks for what cannot be.
    Trace,
}

impl Places {
    /// `count` empty places.
    pub(crate) fn new(count: u32) -> io::Result<Self> {
        let length = (count as usize * size_of::<Place>()).max(1);
        Ok(Self {
            table: MmapOptions::new().len(length).populate().map_anon()?,
        })
    }

    fn places(&mut self) -> &mut [Place] {
        let whole = self.table.len() / size_of::<Place>() * size_of::<Place>();
        bytemuck::cast_slice_mut(&mut self.table[..whole])
    }

    fn place(&mut self, object: u32) -> Result<&mut Place, Damage> {
        self.places().get_mut(object as usize).ok_or(Damage::Trace)
    }

    /// Where a live object is, its size, and its stamp.
    fn live(&mut self, object: u32) -> Result<(NonNull<u8>, usize, Key), Damage> {
        let [address, size, stamp] = *self.place(object)?;
        let address = std::ptr::with_exposed_provenance_mut(address as usize);
        let address = NonNull::new(address).ok_or(Damage::Trace)?;
        Ok((address, size as usize, key(stamp)))
    }

    /// The bytes of a live object, up to `most`.
    fn bytes(&mut self, object: u32, most: usize) -> Result<(&mut [u8], Key), Damage> {
        let (address, size, key) = self.live(object)?;
        // SAFETY: the object is allocated with `size` bytes (it has a place), all of them were written, and `&mut self` is
        // the only way to it.
        let bytes = unsafe { std::slice::from_raw_parts_mut(address.as_ptr(), size.min(most)) };
        Ok((bytes, key))
    }

    /// Puts a block of `size` bytes into the place of `object`, and fills it.
    fn put(
        &mut self,
        object: u32,
        address: NonNull<u8>,
        size: usize,
        stamp: u64,
    ) -> Result<(), Damage> {
        // SAFETY: the block was just allocated with `size` bytes and nobody else knows it.
        unsafe { address.write_bytes(0, size) };
        let exposed = address.as_ptr().expose_provenance() as u64;
        *self.place(object)? = [exposed, size as u64, stamp];
        let (bytes, key) = self.bytes(object, usize::MAX)?;
        contents::write(bytes, key);
        Ok(())
    }

    /// Allocates `object`; its contents follow from `stamp`.
    pub(crate) fn allocate(
        &mut self,
        object: u32,
        size: usize,
        how: How,
        stamp: u64,
    ) -> Result<(), Damage> {
        if self.place(object)?[0] != 0 {
            return Err(Damage::Trace);
        }
        let address = match how {
            How::Plain => malloc::allocate(size),
            How::Zeroed => {
                let address = malloc::allocate_zeroed(size);
                // SAFETY: calloc returned `size` bytes, all of them written, and nobody else knows them.
                let bytes = unsafe { std::slice::from_raw_parts(address.as_ptr(), size) };
                if let Some(place) = bytes.iter().position(|&byte| byte != 0) {
                    return Err(Damage::NotZero(place));
                }
                address
            }
            How::Aligned(log2) => {
                let align = 1usize.checked_shl(log2.into()).ok_or(Damage::Trace)?;
                let address = malloc::allocate_aligned(align, size);
                if !address.as_ptr().addr().is_multiple_of(align) {
                    return Err(Damage::Alignment);
                }
                address
            }
        };
        self.put(object, address, size, stamp)
    }

    /// Checks the first bytes of `object`, at most `most`.
    fn check_first(&mut self, object: u32, most: usize) -> Result<(), Damage> {
        let (bytes, key) = self.bytes(object, most)?;
        contents::first_difference(bytes, key).map_or(Ok(()), |byte| Err(Damage::Byte(byte)))
    }

    /// Resizes `object`, whose bytes must be there before and after; its contents follow from `stamp` then.
    pub(crate) fn resize(&mut self, object: u32, size: usize, stamp: u64) -> Result<(), Damage> {
        self.check_first(object, usize::MAX)?;
        let (old, before, _) = self.live(object)?;
        // SAFETY: a place holds a block from malloc that is still allocated; the old address is forgotten below.
        let new = unsafe { malloc::resize(old, size) };
        self.place(object)?[0] = new.as_ptr().expose_provenance() as u64;
        self.place(object)?[1] = before.min(size) as u64;
        self.check_first(object, usize::MAX)?;
        self.put(object, new, size, stamp)
    }

    /// Frees `object`, whose bytes must be there.
    pub(crate) fn free(&mut self, object: u32) -> Result<(), Damage> {
        self.check_first(object, usize::MAX)?;
        let (address, _, _) = self.live(object)?;
        *self.place(object)? = [0; 3];
        // SAFETY: the place held a block from malloc, and forgetting it makes this its only release.
        unsafe { malloc::release(address) };
        Ok(())
    }

    /// Checks all live objects: how many there are, and their bytes.
    pub(crate) fn check_all(&mut self) -> Result<(u64, u64), (u32, Damage)> {
        let (mut objects, mut bytes) = (0, 0);
        for object in 0..self.places().len() as u32 {
            let at = |damage| (object, damage);
            let [address, size, _] = *self.place(object).map_err(at)?;
            if address != 0 {
                self.check_first(object, usize::MAX).map_err(at)?;
                (objects, bytes) = (objects + 1, bytes + size);
            }
        }
        Ok((objects, bytes))
    }

    /// Changes one bit of `object`; says whether it has any.
    pub(crate) fn damage(&mut self, object: u32) -> bool {
        match self.bytes(object, usize::MAX) {
            Ok(([.., last], _)) => {
                *last ^= 1;
                true
            }
            _ => false,
        }
    }
}

fn key(stamp: u64) -> Key {
    Key::new(stamp, 0, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_keep_their_bytes_through_new_sizes() {
        let mut places = Places::new(3).unwrap();
        places.allocate(0, 100, How::Plain, 1).unwrap();
        places.allocate(1, 3000, How::Zeroed, 2).unwrap();
        places.allocate(2, 70, How::Aligned(12), 3).unwrap();
        for size in [200, 100_000, 10, 0] {
            places.resize(0, size.max(1), 4 + size as u64).unwrap();
        }
        assert_eq!(places.check_all(), Ok((3, 3071)));
        for object in 0..3 {
            places.free(object).unwrap();
        }
        assert_eq!(places.check_all(), Ok((0, 0)));
    }

    #[test]
    fn a_changed_bit_is_found_by_whoever_looks_next() {
        for act in [Places::free, |places: &mut Places, object| {
            places.resize(object, 500, 9)
        }] {
            let mut places = Places::new(2).unwrap();
            places.allocate(0, 48, How::Plain, 1).unwrap();
            places.allocate(1, 48, How::Plain, 2).unwrap();
            assert!(places.damage(1));
            assert_eq!(places.check_all(), Err((1, Damage::Byte(47))));
            assert_eq!(act(&mut places, 1), Err(Damage::Byte(47)));
            places.free(0).unwrap();
        }
    }

    #[test]
    fn what_the_trace_cannot_ask_for_is_an_error() {
        let mut places = Places::new(1).unwrap();
        assert!(!places.damage(0));
        assert_eq!(places.free(0), Err(Damage::Trace));
        assert_eq!(places.resize(7, 1, 1), Err(Damage::Trace));
        places.allocate(0, 0, How::Plain, 1).unwrap();
        assert_eq!(places.allocate(0, 1, How::Plain, 1), Err(Damage::Trace));
        places.free(0).unwrap();
    }
}
