//! Which library is in a process, and where.

use std::fs;
use std::io;
use std::path::Path;

use super::maps::Mapping;

/// The mapping of the library's first page; else that of the program itself, which may have been linked with `libmesh.a`.
pub(crate) struct Candidates {
    pub(crate) library: Option<Mapping>,
    pub(crate) program: Option<Mapping>,
}

pub(crate) fn candidates(pid: i32) -> io::Result<Candidates> {
    let maps = fs::read(format!("/proc/{pid}/maps"))?;
    let program = fs::read_link(format!("/proc/{pid}/exe")).ok();
    Ok(among(&maps, program.as_deref()))
}

fn among(maps: &[u8], program: Option<&Path>) -> Candidates {
    let first_pages =
        || Mapping::all(maps).filter(|mapping| mapping.is_of_file() && mapping.offset == 0);
    Candidates {
        library: first_pages().find(|mapped| is_library(&mapped.path)),
        program: first_pages().find(|mapped| Some(mapped.path.as_path()) == program),
    }
}

/// Whether a file is called as the library, or a variant of it.
pub(crate) fn is_library(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    let Some(rest) = name.and_then(|name| name.strip_prefix("libmesh")) else {
        return false;
    };
    rest.starts_with(".so")
        || rest.starts_with(['_', '-']) && rest.ends_with(".so") && rest != "_trace.so"
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
        let library = Mapping {
            start: 0x7f30,
            end: 0x7f40,
            offset: 0,
            executable: false,
            path: "/opt/lib dir/libmesh.so".into(),
            deleted: true,
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
