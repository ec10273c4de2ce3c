//! Where in a mapped file the published figures are.

use std::fs::File;
use std::io;
use std::path::PathBuf;

use object::elf::{FileHeader64, PT_LOAD};
use object::read::elf::{FileHeader, ProgramHeader, Sym, SymbolTable};
use object::{Endianness, ReadCache, ReadRef};
use published::SYMBOL;

use super::mapped::Mapped;

/// The address of the published block in the process; `None` if the file has no such symbol.
pub(crate) fn address(pid: i32, mapped: &Mapped) -> io::Result<Option<u64>> {
    let file = ReadCache::new(open(pid, mapped)?);
    Ok(offset(&file).map(|offset| mapped.start.wrapping_add(offset)))
}

/// The file that is mapped, even if it was replaced or lies in another namespace.
fn open(pid: i32, mapped: &Mapped) -> io::Result<File> {
    let (start, end) = (mapped.start, mapped.end);
    // For root only.
    let by_range = format!("/proc/{pid}/map_files/{start:x}-{end:x}");
    if let Ok(file) = File::open(by_range) {
        return Ok(file);
    }
    if mapped.deleted {
        let why = "the library's file was replaced or removed since the process began; only root can read the old one";
        return Err(io::Error::other(why));
    }
    // The process may have another root directory than we.
    let below = mapped.path.strip_prefix("/").unwrap_or(&mapped.path);
    let within = PathBuf::from(format!("/proc/{pid}/root")).join(below);
    File::open(within).or_else(|_| File::open(&mapped.path))
}

/// How far behind the first page of the file the block lies in memory.
fn offset<'data, R: ReadRef<'data>>(data: R) -> Option<u64> {
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
        .find_map(|symbols| value(&symbols, endian))?
        .checked_sub(first.p_vaddr(endian))
}

fn value<'data, R: ReadRef<'data>>(
    symbols: &SymbolTable<'data, FileHeader64<Endianness>, R>,
    endian: Endianness,
) -> Option<u64> {
    symbols
        .iter()
        .find(|symbol| {
            let name = symbol.name(endian, symbols.strings());
            !symbol.is_undefined(endian) && name == Ok(SYMBOL.as_bytes())
        })
        .map(|symbol| symbol.st_value(endian))
}
