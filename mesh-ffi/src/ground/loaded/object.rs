//! One loaded object: its table of symbols, by name.

use core::ffi::{CStr, c_void};
use core::mem::transmute;
use core::ptr::{null, null_mut, with_exposed_provenance};

use libc::Elf64_Sym as Symbol;

/// An entry of an object's dynamic section.
#[repr(C)]
pub(crate) struct Dynamic {
    tag: i64,
    value: usize,
}

const DT_NULL: i64 = 0;
const DT_PLTRELSZ: i64 = 2;
const DT_HASH: i64 = 4;
const DT_STRTAB: i64 = 5;
const DT_SYMTAB: i64 = 6;
const DT_RELA: i64 = 7;
const DT_RELASZ: i64 = 8;
const DT_SONAME: i64 = 14;
const DT_JMPREL: i64 = 23;
const DT_GNU_HASH: i64 = 0x6fff_fef5;
const DT_VERSYM: i64 = 0x6fff_fff0;

/// The bit of a symbol's version that hides it from who asks for no version.
const HIDDEN: u16 = 0x8000;

const STT_TLS: u8 = 6;
const STT_GNU_IFUNC: u8 = 10;

/// A name that is looked for.
#[derive(Clone, Copy)]
pub(crate) struct Name {
    text: &'static CStr,
    hash: u32,
}

impl Name {
    pub(crate) const fn text(self) -> &'static CStr {
        self.text
    }

    pub(crate) const fn new(text: &'static CStr) -> Self {
        let (mut hash, mut at) = (5381_u32, 0);
        while at < text.to_bytes().len() {
            hash = hash
                .wrapping_mul(33)
                .wrapping_add(text.to_bytes()[at] as u32);
            at += 1;
        }
        Self { text, hash }
    }

    /// The name itself.
    pub(crate) fn bytes(self) -> &'static [u8] {
        self.text.to_bytes()
    }

    /// The hash of the older table.
    fn old_hash(self) -> u32 {
        self.text.to_bytes().iter().fold(0, |hash: u32, &byte| {
            let hash = (hash << 4).wrapping_add(u32::from(byte));
            let high = hash & 0xf000_0000;
            (hash ^ high >> 24) & !high
        })
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash && self.bytes() == other.bytes()
    }
}

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

/// How symbols are found by name.
enum Hash {
    Gnu(Gnu),
    /// The older table: buckets, then chains.
    Old(*const u32),
}

/// The parts of a `DT_GNU_HASH` table.
struct Gnu {
    filter: *const u64,
    filter_mask: u32,
    filter_shift: u32,
    buckets: *const u32,
    bucket_count: u32,
    /// The chain of the symbol with number zero, which is not there: the first ones have no chain.
    chains: *const u32,
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
        let (mut symbols, mut strings, mut versions, mut soname) = (0, 0, 0, 0);
        let (mut gnu, mut old) = (0, 0);
        let mut relocations = [(0, 0); 2];
        let mut entry = dynamic;
        loop {
            // SAFETY: the section of a loaded object ends with DT_NULL, which is not passed.
            let Dynamic { tag, value } = unsafe { entry.read() };
            match tag {
                DT_NULL => break,
                DT_SYMTAB => symbols = value,
                DT_STRTAB => strings = value,
                DT_VERSYM => versions = value,
                DT_GNU_HASH => gnu = value,
                DT_HASH => old = value,
                DT_SONAME => soname = value,
                DT_RELA => relocations[0].0 = value,
                DT_RELASZ => relocations[0].1 = value,
                DT_JMPREL => relocations[1].0 = value,
                DT_PLTRELSZ => relocations[1].1 = value,
                _ => {}
            }
            entry = entry.wrapping_add(1);
        }
        // The loader has written addresses over offsets, but not where the section is read-only.
        if symbols == 0 || strings == 0 || kernels != (strings < base) {
            return None;
        }
        let place = |value: usize| if kernels { base + value } else { value };
        let hash = if gnu != 0 {
            // SAFETY: the object's table.
            Hash::Gnu(unsafe { Gnu::new(with_exposed_provenance(place(gnu))) })
        } else if old != 0 {
            Hash::Old(with_exposed_provenance(place(old)))
        } else {
            return None;
        };
        Some(Self {
            base,
            symbols: with_exposed_provenance(place(symbols)),
            strings: with_exposed_provenance(place(strings)),
            versions: match versions {
                0 => null(),
                versions => with_exposed_provenance(place(versions)),
            },
            soname,
            relocations: relocations.map(|(at, bytes)| (place(at), bytes)),
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
        self.look_up(name, |number| unsafe { self.definition(number, name) })
    }

    /// The address that stands for the function `name` in every object, though another one defines it: a program that cannot be
    /// loaded anywhere has its own entry for a function whose address it takes. Null where there is none.
    pub(crate) fn stand_in(&self, name: Name) -> *mut c_void {
        // SAFETY: a symbol that is in the table.
        self.look_up(name, |number| unsafe { self.entry(number, name) })
    }

    /// The first of the symbols with the hash of `name` that `choose` makes something of; null when there is none.
    fn look_up(&self, name: Name, choose: impl Fn(u32) -> Option<*mut c_void>) -> *mut c_void {
        match &self.hash {
            Hash::Gnu(table) => Self::look_up_in(table, name, choose),
            Hash::Old(table) => Self::look_up_in_old(*table, name, choose),
        }
    }

    fn look_up_in(
        table: &Gnu,
        name: Name,
        choose: impl Fn(u32) -> Option<*mut c_void>,
    ) -> *mut c_void {
        let word = (name.hash / u64::BITS) & table.filter_mask;
        let (first, second) = (
            name.hash % u64::BITS,
            (name.hash >> table.filter_shift) % u64::BITS,
        );
        // SAFETY: the mask keeps the number within the filter.
        let filter = unsafe { table.filter.wrapping_add(word as usize).read() };
        if filter >> first & filter >> second & 1 == 0 || table.bucket_count == 0 {
            return null_mut();
        }
        let bucket = (name.hash % table.bucket_count) as usize;
        // SAFETY: less than the number of buckets.
        let mut number = unsafe { table.buckets.wrapping_add(bucket).read() };
        if number == 0 {
            return null_mut();
        }
        loop {
            // SAFETY: the symbols of a bucket follow each other up to the one whose hash is odd.
            let hash = unsafe { table.chains.wrapping_add(number as usize).read() };
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

    /// The address in a symbol that has this name and no definition; `None` where the loader looks elsewhere for one.
    ///
    /// # Safety
    /// The object has a symbol of this number.
    unsafe fn entry(&self, number: u32, name: Name) -> Option<*mut c_void> {
        // SAFETY: the object has this symbol (contract).
        let symbol = unsafe { &*self.symbols.wrapping_add(number as usize) };
        // SAFETY: an offset into the object's strings.
        let is_named = || unsafe { self.says(symbol.st_name as usize, name.text) };
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
        let is_named = || unsafe { self.says(symbol.st_name as usize, name.text) };
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
        // SAFETY: the address of a function that chooses among implementations, which takes nothing on this machine.
        let choose = unsafe { transmute::<*mut c_void, extern "C" fn() -> *mut c_void>(place) };
        Some(choose())
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
}
