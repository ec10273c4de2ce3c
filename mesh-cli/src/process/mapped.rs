//! Which library is in a process, and where.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

/// A file that is mapped into a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mapped {
    /// Its path as the kernel tells it.
    pub(crate) path: PathBuf,
    /// Whether there is another file by that name now, or none.
    pub(crate) deleted: bool,
    /// The first address of the mapping of its first page.
    pub(crate) start: u64,
    /// The end of that mapping.
    pub(crate) end: u64,
}

/// The library in the process; else the program itself, which may have been linked with `libmesh.a`.
pub(crate) struct Candidates {
    pub(crate) library: Option<Mapped>,
    pub(crate) program: Option<Mapped>,
}

pub(crate) fn candidates(pid: i32) -> io::Result<Candidates> {
    let maps = fs::read(format!("/proc/{pid}/maps"))?;
    let program = fs::read_link(format!("/proc/{pid}/exe")).ok();
    Ok(among(&maps, program.as_deref()))
}

fn among(maps: &[u8], program: Option<&Path>) -> Candidates {
    let first_pages = || maps.split(|&byte| byte == b'\n').filter_map(first_page);
    Candidates {
        library: first_pages().find(|mapped| is_library(&mapped.path)),
        program: first_pages().find(|mapped| Some(mapped.path.as_path()) == program),
    }
}

/// Whether a file is called as the library, or a variant of it.
fn is_library(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    let Some(rest) = name.and_then(|name| name.strip_prefix("libmesh")) else {
        return false;
    };
    rest.starts_with(".so")
        || rest.starts_with(['_', '-']) && rest.ends_with(".so") && rest != "_trace.so"
}

/// What a line of `/proc/PID/maps` says, if it is the mapping of a file's first page.
fn first_page(line: &[u8]) -> Option<Mapped> {
    let mut fields = line.splitn(6, |&byte| byte == b' ');
    let range = std::str::from_utf8(fields.next()?).ok()?;
    let offset = std::str::from_utf8(fields.nth(1)?).ok()?;
    if u64::from_str_radix(offset, 16) != Ok(0) {
        return None;
    }
    let path = fields.nth(2)?.trim_ascii_start();
    if !path.starts_with(b"/") {
        return None;
    }
    let (start, end) = range.split_once('-')?;
    let whole = path.strip_suffix(b" (deleted)");
    Some(Mapped {
        path: OsString::from_vec(whole.unwrap_or(path).to_vec()).into(),
        deleted: whole.is_some(),
        start: u64::from_str_radix(start, 16).ok()?,
        end: u64::from_str_radix(end, 16).ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAPS: &[u8] = b"\
5580-5590 r--p 00000000 fe:00 11                         /opt/my program
7f00-7f10 rw-p 00000000 00:00 0 
7f10-7f20 r-xp 00002000 fe:00 12                         /opt/libmesh.so
7f20-7f30 r--p 00000000 fe:00 13                         /opt/libmesh_trace.so
7f30-7f40 r--p 00000000 fe:00 12                         /opt/lib dir/libmesh.so (deleted)
7ffd-7fff rw-p 00000000 00:00 0                          [stack]
";

    #[test]
    fn the_first_page_of_the_library_is_found() {
        let found = among(MAPS, Some(Path::new("/opt/my program")));
        let library = Mapped {
            path: "/opt/lib dir/libmesh.so".into(),
            deleted: true,
            start: 0x7f30,
            end: 0x7f40,
        };
        assert_eq!(found.library, Some(library));
        assert_eq!(found.program.unwrap().start, 0x5580);
    }

    #[test]
    fn libraries_of_other_names_are_not_ours() {
        for (name, ours) in [
            ("libmesh.so", true),
            ("libmesh.so.1", true),
            ("libmesh_split.so", true),
            ("libmesh-je.so", true),
            ("libmesh_trace.so", false),
            ("libmeshoptimizer.so", false),
            ("libGLmesh.so", false),
        ] {
            assert_eq!(is_library(&Path::new("/lib").join(name)), ours, "{name}");
        }
    }
}
