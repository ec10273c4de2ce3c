//! The file that `MESH_MAP` names.

use core::cell::UnsafeCell;
use core::ffi::CStr;
use core::sync::atomic::{AtomicUsize, Ordering};

use crate::ground::line::Line;
use crate::ground::system;

/// Bytes of a path, the zero byte included.
const PATH: usize = 4096;

/// Bytes that are written once.
struct Written(UnsafeCell<[u8; PATH]>);

// SAFETY: it is written before any other thread can ask for it: `LEN` is zero until then.
unsafe impl Sync for Written {}

/// What `MESH_MAP` says: the program may change its environment.
static WANTED: Written = Written(UnsafeCell::new([0; PATH]));
static LEN: AtomicUsize = AtomicUsize::new(0);

/// Notes where maps go; false when the name is too long. To be called by the constructor, once.
pub(crate) fn set_file(name: &[u8]) -> bool {
    if name.len() >= PATH {
        return false;
    }
    // SAFETY: nobody reads it before `LEN` is set, and nobody writes it but us.
    let place = unsafe { &mut *WANTED.0.get() };
    place[..name.len()].copy_from_slice(name);
    // Release: pairs with the load in `wanted`.
    LEN.store(name.len(), Ordering::Release);
    true
}

/// What `MESH_MAP` said, if it named a file.
pub(super) fn wanted() -> Option<&'static [u8]> {
    // Acquire: pairs with the store in `set_file`.
    let len = LEN.load(Ordering::Acquire);
    // SAFETY: it does not change any more since `LEN` was set.
    let wanted = (len > 0).then(|| unsafe { &*WANTED.0.get() });
    wanted?.get(..len)
}

/// A path under construction. The last byte stays zero.
pub(super) struct Path([u8; PATH]);

impl Path {
    pub(super) const EMPTY: Self = Self([0; PATH]);

    /// Makes it `name`, with the number of this process for each `%p`; false when that is too long.
    pub(super) fn expand(&mut self, name: &[u8]) -> bool {
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

    /// Makes it `path` with `suffix` behind; false when that is too long.
    pub(super) fn set(&mut self, path: &CStr, suffix: &[u8]) -> bool {
        let path = path.to_bytes();
        self.0 = [0; PATH];
        self.put(0, path) && self.put(path.len(), suffix)
    }

    /// Writes `piece` to byte `at`, if there is room.
    fn put(&mut self, at: usize, piece: &[u8]) -> bool {
        let place = self.0[..PATH - 1].get_mut(at..at + piece.len());
        place.map(|place| place.copy_from_slice(piece)).is_some()
    }

    pub(super) fn as_c(&self) -> &CStr {
        CStr::from_bytes_until_nul(&self.0).unwrap_or(c"")
    }
}
