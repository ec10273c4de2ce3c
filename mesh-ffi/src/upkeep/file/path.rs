//! Names of files, and paths.

use core::cell::UnsafeCell;
use core::ffi::CStr;
use core::sync::atomic::{AtomicUsize, Ordering};

use crate::ground::line::Line;
use crate::ground::system;

/// Bytes of a path, the zero byte included.
const PATH: usize = 4096;

/// A name that the environment gave, which the program may change.
pub(in crate::upkeep) struct Name {
    bytes: UnsafeCell<[u8; PATH]>,
    /// Zero before there is a name.
    len: AtomicUsize,
}

// SAFETY: the bytes are written before any other thread can ask for them: `len` is zero until then.
unsafe impl Sync for Name {}

impl Name {
    /// No name so far.
    pub(in crate::upkeep) const fn none() -> Self {
        Self {
            bytes: UnsafeCell::new([0; PATH]),
            len: AtomicUsize::new(0),
        }
    }

    /// Notes the name; false when it is too long.
    ///
    /// # Safety
    /// Called by the constructor, while there is one thread, and not with a reference to the name before.
    pub(in crate::upkeep) unsafe fn set(&self, name: &[u8]) -> bool {
        if name.len() >= PATH {
            return false;
        }
        // SAFETY: one thread, without another reference (contract).
        let place = unsafe { &mut *self.bytes.get() };
        place[..name.len()].copy_from_slice(name);
        // Release: pairs with the load in `get`.
        self.len.store(name.len(), Ordering::Release);
        true
    }

    /// The name, if there is one.
    pub(in crate::upkeep) fn get(&self) -> Option<&[u8]> {
        // Acquire: pairs with the store in `set`.
        let len = self.len.load(Ordering::Acquire);
        // SAFETY: it does not change any more since `len` was set.
        let bytes = (len > 0).then(|| unsafe { &*self.bytes.get() });
        bytes?.get(..len)
    }

    /// The same for C.
    pub(in crate::upkeep) fn as_c(&self) -> Option<&CStr> {
        self.get()?;
        // SAFETY: it does not change any more, since there is one.
        CStr::from_bytes_until_nul(unsafe { &*self.bytes.get() }).ok()
    }
}

/// A path under construction. The last byte stays zero.
pub(in crate::upkeep) struct Path([u8; PATH]);

impl Path {
    pub(in crate::upkeep) const EMPTY: Self = Self([0; PATH]);

    /// Makes it `name`, with the number of this process for each `%p`; false when that is too long.
    pub(in crate::upkeep) fn expand(&mut self, name: &[u8]) -> bool {
        let mut number = Line::bare();
        number.number(system::process_number() as usize);
        self.0 = [0; PATH];
        let (mut rest, mut len) = (name, 0);
        while let [first, others @ ..] = rest {
            let (piece, after) = match rest.strip_prefix(b"%p") {
                Some(after) => (number.bytes(), after),
                None => (core::slice::from_ref(first), others),
            };
            if !self.put(len, piece) {
                return false;
            }
            len += piece.len();
            rest = after;
        }
        true
    }

    /// Makes it `first` with `second` behind; false when that is too long.
    pub(in crate::upkeep) fn join(&mut self, first: &[u8], second: &[u8]) -> bool {
        self.0 = [0; PATH];
        self.put(0, first) && self.put(first.len(), second)
    }

    /// Writes `piece` to byte `at`, if there is room.
    fn put(&mut self, at: usize, piece: &[u8]) -> bool {
        let place = self.0[..PATH - 1].get_mut(at..at + piece.len());
        place.map(|place| place.copy_from_slice(piece)).is_some()
    }

    pub(in crate::upkeep) fn as_c(&self) -> &CStr {
        CStr::from_bytes_until_nul(&self.0).unwrap_or(c"")
    }
}
