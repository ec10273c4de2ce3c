//! The dynamic section of an object: where its tables are.

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

/// What the section says that matters here, as it stands there. Zero for what is missing.
#[derive(Default)]
pub(super) struct Section {
    pub(super) symbols: usize,
    pub(super) strings: usize,
    pub(super) versions: usize,
    pub(super) soname: usize,
    pub(super) gnu_hash: usize,
    pub(super) old_hash: usize,
    /// The two tables of relocations: where, and how many bytes.
    pub(super) relocations: [(usize, usize); 2],
}

impl Section {
    /// # Safety
    /// The section of a loaded object is there.
    pub(super) unsafe fn read(section: *const Dynamic) -> Self {
        let mut read = Self::default();
        let mut entry = section;
        loop {
            // SAFETY: the section of a loaded object ends with DT_NULL, which is not passed.
            let Dynamic { tag, value } = unsafe { entry.read() };
            let place = match tag {
                DT_NULL => return read,
                DT_SYMTAB => &mut read.symbols,
                DT_STRTAB => &mut read.strings,
                DT_VERSYM => &mut read.versions,
                DT_GNU_HASH => &mut read.gnu_hash,
                DT_HASH => &mut read.old_hash,
                DT_SONAME => &mut read.soname,
                DT_RELA => &mut read.relocations[0].0,
                DT_RELASZ => &mut read.relocations[0].1,
                DT_JMPREL => &mut read.relocations[1].0,
                DT_PLTRELSZ => &mut read.relocations[1].1,
                _ => &mut 0,
            };
            *place = value;
            entry = entry.wrapping_add(1);
        }
    }
}
