//! One loaded object: its table of symbols, by name.

use core::ffi::{CStr, c_void};
use core::ptr::with_exposed_provenance;

use libc::Elf64_Sym as Symbol;

use super::dynamic::{Dynamic, Section};
use super::hash::Hash;
use super::name::Name;
use crate::ground::machine::chosen;

/// The bit of a symbol's version that hides it from who asks for no version.
const HIDDEN: u16 = 0x8000;

const STT_TLS: u8 = 6;
const STT_GNU_IFUNC: u8 = 10;

/// A loaded object's tables.
pub(crate) struct Object {
    pub(super) base: usize,
    pub(super) symbols: *const Symbol,
    pub(super) strings: *const u8,
    /// The two tables of relocations: where, and how many bytes.
    pub(super) relocations: [(usize, usize); 2],
    /// Null where symbols have no versions.
    versions: *const u16,
    soname: usize,
    hash: Hash,
}

impl Object {
    /// The object at `base` with this dynamic section; `None` for what has no table of names, and for the kernel's.
    ///
    /// # Safety
    /// The object is loaded.
    pub(crate) unsafe fn new(base: usize, dynamic: *const Dynamic) -> Option<Self> {
        // SAFETY: the same contract.
        unsafe { Self::relocated(base, dynamic, false) }
    }

    /// The kernel's object, whose dynamic section the loader has left as it was.
    ///
    /// # Safety
    /// The object is loaded.
    pub(crate) unsafe fn of_kernel(base: usize, dynamic: *const Dynamic) -> Option<Self> {
        // SAFETY: the same contract.
        unsafe { Self::relocated(base, dynamic, true) }
    }

    /// # Safety
    /// As for [`new`](Self::new).
    unsafe fn relocated(base: usize, dynamic: *const Dynamic, kernels: bool) -> Option<Self> {
        // SAFETY: a loaded object's (contract).
        let section = unsafe { Section::read(dynamic) };
        let Section {
            symbols, strings, ..
        } = section;
        // The loader has written addresses over offsets, but not where the section is read-only.
        if symbols == 0 || strings == 0 || kernels != (strings < base) {
            return None;
        }
        let place = |value: usize| if kernels { base + value } else { value };
        let table = |value: usize| if value == 0 { 0 } else { place(value) };
        // SAFETY: the object's tables.
        let hash = unsafe { Hash::new(table(section.gnu_hash), table(section.old_hash)) }?;
        Some(Self {
            base,
            symbols: with_exposed_provenance(place(symbols)),
            strings: with_exposed_provenance(place(strings)),
            versions: with_exposed_provenance(table(section.versions)),
            soname: section.soname,
            relocations: section.relocations.map(|(at, bytes)| (place(at), bytes)),
            hash,
        })
    }

    /// Whether the object is the loader.
    pub(crate) fn is_loader(&self) -> bool {
        // SAFETY: an offset into the object's strings.
        self.soname != 0 && unsafe { self.begins(self.soname, b"ld") }
    }

    /// Whether the object calls itself `name`.
    pub(crate) fn is_called(&self, name: &CStr) -> bool {
        // SAFETY: an offset into the object's strings.
        self.soname != 0 && unsafe { self.says(self.soname, name) }
    }

    /// The address of what the object defines as `name`, in its default version; null when it does not.
    pub(crate) fn find(&self, name: Name) -> *mut c_void {
        // SAFETY: a symbol that is in the table.
        self.hash
            .look_up(name, |number| unsafe { self.definition(number, name) })
    }

    /// The address that stands for the function `name` in every object, though another one defines it: a program that cannot be
    /// loaded anywhere has its own entry for a function whose address it takes. Null where there is none.
    pub(crate) fn stand_in(&self, name: Name) -> *mut c_void {
        // SAFETY: a symbol that is in the table.
        self.hash
            .look_up(name, |number| unsafe { self.entry(number, name) })
    }

    /// The address in a symbol that has this name and no definition; `None` where the loader looks elsewhere for one.
    ///
    /// # Safety
    /// The object has a symbol of this number.
    unsafe fn entry(&self, number: u32, name: Name) -> Option<*mut c_void> {
        // SAFETY: the object has this symbol (contract).
        let symbol = unsafe { &*self.symbols.wrapping_add(number as usize) };
        // SAFETY: an offset into the object's strings.
        let is_named = || unsafe { self.says(symbol.st_name as usize, name.text()) };
        let is_entry = symbol.st_shndx == 0 && symbol.st_value != 0 && is_named();
        let place = self.base.wrapping_add(symbol.st_value as usize);
        is_entry.then_some(core::ptr::with_exposed_provenance_mut(place))
    }

    /// Where the symbol's definition is, if it has this name and is what one gets who asks for no version.
    ///
    /// # Safety
    /// The object has a symbol of this number.
    unsafe fn definition(&self, number: u32, name: Name) -> Option<*mut c_void> {
        // SAFETY: the object has this symbol (contract).
        let symbol = unsafe { &*self.symbols.wrapping_add(number as usize) };
        let kind = symbol.st_info & 0xf;
        // SAFETY: an offset into the object's strings.
        let is_named = || unsafe { self.says(symbol.st_name as usize, name.text()) };
        if symbol.st_shndx == 0 || kind == STT_TLS || !is_named() {
            return None;
        }
        let version = self.versions.wrapping_add(number as usize);
        // SAFETY: there is a version for each symbol, where there are versions.
        let is_hidden = || unsafe { version.read() } & HIDDEN != 0;
        if !self.versions.is_null() && is_hidden() {
            return None;
        }
        let place = self.base.wrapping_add(symbol.st_value as usize);
        let place = core::ptr::with_exposed_provenance_mut::<c_void>(place);
        if kind != STT_GNU_IFUNC {
            return Some(place);
        }
        // SAFETY: the address of a function that chooses among implementations.
        Some(unsafe { chosen(place) })
    }

    /// Whether the string at this offset is `text`.
    ///
    /// # Safety
    /// A string of the object is there.
    pub(super) unsafe fn says(&self, offset: usize, text: &CStr) -> bool {
        // SAFETY: the same contract.
        unsafe { self.begins(offset, text.to_bytes_with_nul()) }
    }

    /// Whether the string at this offset, with its end, begins with `bytes`.
    ///
    /// # Safety
    /// A string of the object is there.
    unsafe fn begins(&self, offset: usize, bytes: &[u8]) -> bool {
        let string = self.strings.wrapping_add(offset);
        let mut bytes = bytes.iter().enumerate();
        // SAFETY: a string (contract), which is not read beyond where it differs or ends.
        bytes.all(|(index, &byte)| unsafe { string.wrapping_add(index).read() } == byte)
    }
}
