//! Where in a mapped file a symbol is.

use std::fs::File;
use std::io;

use object::elf::{FileHeader64, PT_LOAD};
use object::read::elf::{FileHeader, ProgramHeader, Sym, SymbolTable};
use object::{Endianness, ReadCache, ReadRef};

use super::maps::Mapping;

/// The address of a symbol in the process; `None` if the file, whose first page is mapped there, has no such one.
pub(crate) fn address(pid: i32, first_page: &Mapping, symbol: &str) -> io::Result<Option<u64>> {
    let file = ReadCache::new(File::open(first_page.place(pid)?)?);
    Ok(offset(&file, symbol).map(|offset| first_page.start.wrapping_add(offset)))
}

/// How far behind the first page of the file the symbol lies in memory.
fn offset<'data, R: ReadRef<'data>>(data: R, name: &str) -> Option<u64> {
    let header = FileHeader64::<Endianness>::parse(data).ok()?;
    let endian = header.endian().ok()?;
    let segments = header.program_headers(endian, data).ok()?;
    let first = segments
        .iter()
        .find(|segment| segment.p_type(endian) == PT_LOAD && segment.p_offset(endian) == 0)?;
    let sections = header.sections(endian, data).ok()?;
    // A program that was linked with the archive has the symbol in the other table, if at all.
    [object::elf::SHT_DYNSYM, object::elf::SHT_SYMTAB]
        .into_iter()
        .filter_map(|table| sections.symbols(endian, data, table).ok())
        .find_map(|symbols| value(&symbols, endian, name))?
        .checked_sub(first.p_vaddr(endian))
}

fn value<'data, R: ReadRef<'data>>(
    symbols: &SymbolTable<'data, FileHeader64<Endianness>, R>,
    endian: Endianness,
    name: &str,
) -> Option<u64> {
    symbols
        .iter()
        .find(|symbol| {
            let found = symbol.name(endian, symbols.strings());
            !symbol.is_undefined(endian) && found == Ok(name.as_bytes())
        })
        .map(|symbol| symbol.st_value(endian))
}
