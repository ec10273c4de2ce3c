//! Where a loaded object keeps the addresses of functions that it calls by name.

use core::ffi::CStr;
use core::ptr::with_exposed_provenance;

use super::object::Object;
use crate::ground::machine::relocations::{ADDRESS, IN_TABLE, OF_CALL};

/// A relocation.
#[repr(C)]
struct Relocation {
    offset: usize,
    info: u64,
    addend: i64,
}

/// A word that holds the address of what some name stands for.
pub(crate) struct Reference {
    pub(crate) word: *mut usize,
    /// Whether the loader may write it later, in the first call.
    pub(crate) may_be_lazy: bool,
}

impl Object {
    /// Passes each word that is for the address of `name` to `act`.
    pub(crate) fn each_reference(&self, name: &CStr, mut act: impl FnMut(Reference)) {
        for (table, bytes) in self.relocations {
            for index in 0..bytes / size_of::<Relocation>() {
                let at = with_exposed_provenance::<Relocation>(table).wrapping_add(index);
                // SAFETY: the table has as many entries.
                let relocation = unsafe { &*at };
                if let Some(reference) = self.reference(relocation, name) {
                    act(reference);
                }
            }
        }
    }

    fn reference(&self, relocation: &Relocation, name: &CStr) -> Option<Reference> {
        let kind = relocation.info as u32;
        let symbol = (relocation.info >> 32) as usize;
        let is_address = matches!(kind, ADDRESS | IN_TABLE | OF_CALL);
        if !is_address || symbol == 0 || relocation.addend != 0 {
            return None;
        }
        // SAFETY: relocations name symbols of the object.
        let symbol = unsafe { &*self.symbols.wrapping_add(symbol) };
        // SAFETY: an offset into the object's strings.
        let is_called_so = unsafe { self.says(symbol.st_name as usize, name) };
        let word = self.base.wrapping_add(relocation.offset);
        is_called_so.then_some(Reference {
            word: core::ptr::with_exposed_provenance_mut(word),
            may_be_lazy: kind == OF_CALL,
        })
    }
}
