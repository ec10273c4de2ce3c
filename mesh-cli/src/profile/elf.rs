//! What unwinding needs of a file with code.

use std::fs::File;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use framehop::ExplicitModuleSectionInfo;
use object::read::elf::{ElfFile64, ProgramHeader};
use object::{Endianness, Object, ObjectSection, ReadCache};

/// Bytes of a section, which several mappings may share.
pub(crate) type Bytes = Arc<[u8]>;

/// The headers and the tables of an ELF file. Addresses are those that the file states.
#[derive(Clone)]
pub(crate) struct Elf {
    /// Offsets in the file of code that is loaded, and the address of the first byte of each piece.
    code: Vec<(Range<u64>, u64)>,
    pub(crate) build_id: Vec<u8>,
    pub(crate) tables: ExplicitModuleSectionInfo<Bytes>,
}

impl Elf {
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let cache = ReadCache::new(File::open(path)?);
        let file = ElfFile64::<Endianness, _>::parse(&cache)?;
        let endian = file.endian();
        let loaded = file.elf_program_headers().iter();
        let loaded = loaded.filter(|segment| segment.p_type(endian) == object::elf::PT_LOAD);
        let base_svma = loaded
            .clone()
            .next()
            .map_or(0, |first| first.p_vaddr(endian));
        let code = loaded
            .filter(|segment| (segment.p_flags(endian) & object::elf::PF_X).0 != 0)
            .map(|segment| {
                let offset = segment.p_offset(endian);
                let end = offset.saturating_add(segment.p_filesz(endian));
                (offset..end, segment.p_vaddr(endian))
            })
            .collect();
        let range = |name| {
            let section = file.section_by_name(name)?;
            Some(section.address()..section.address().checked_add(section.size())?)
        };
        let bytes = |name| Some(Bytes::from(file.section_by_name(name)?.data().ok()?));
        let tables = ExplicitModuleSectionInfo {
            base_svma,
            text_svma: range(".text"),
            got_svma: range(".got"),
            eh_frame_svma: range(".eh_frame"),
            eh_frame: bytes(".eh_frame"),
            eh_frame_hdr_svma: range(".eh_frame_hdr"),
            eh_frame_hdr: bytes(".eh_frame_hdr"),
            debug_frame: bytes(".debug_frame"),
            ..Default::default()
        };
        let build_id = file.build_id().ok().flatten().unwrap_or_default().to_vec();
        Ok(Self {
            code,
            build_id,
            tables,
        })
    }

    /// The address that the file states for its byte at `offset`, where a mapping of code begins.
    pub(crate) fn address(&self, offset: u64) -> Option<u64> {
        /// Mappings begin at a page.
        const PAGE: u64 = 4096;
        // Of two that share a page, the second one is mapped from there on.
        self.code.iter().rev().find_map(|(range, address)| {
            let first = range.start - range.start % PAGE;
            let is_in = (first..range.end).contains(&offset);
            is_in.then(|| address.wrapping_add(offset).wrapping_sub(range.start))
        })
    }
}
