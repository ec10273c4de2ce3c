//! The mappings of a process.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

/// A line of `/proc/PID/maps`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mapping {
    pub(crate) start: u64,
    pub(crate) end: u64,
    /// Where in the file it begins.
    pub(crate) offset: u64,
    pub(crate) executable: bool,
    /// The file's path as the kernel tells it, a name such as `[vdso]`, or nothing.
    pub(crate) path: PathBuf,
    /// Whether there is another file by that name now, or none.
    pub(crate) deleted: bool,
}

impl Mapping {
    /// All mappings in the text of `/proc/PID/maps`, by ascending addresses.
    pub(crate) fn all(maps: &[u8]) -> impl Iterator<Item = Self> {
        maps.split(|&byte| byte == b'\n').filter_map(Self::parse)
    }

    fn parse(line: &[u8]) -> Option<Self> {
        let mut fields = line.splitn(6, |&byte| byte == b' ');
        let mut word = || std::str::from_utf8(fields.next()?).ok();
        let (start, end) = word()?.split_once('-')?;
        let rights = word()?;
        let offset = word()?;
        let path = fields.nth(2).unwrap_or(b"").trim_ascii_start();
        let whole = path.strip_suffix(b" (deleted)");
        Some(Self {
            start: u64::from_str_radix(start, 16).ok()?,
            end: u64::from_str_radix(end, 16).ok()?,
            offset: u64::from_str_radix(offset, 16).ok()?,
            executable: rights.contains('x'),
            path: OsString::from_vec(whole.unwrap_or(path).to_vec()).into(),
            deleted: whole.is_some(),
        })
    }

    /// Whether it is that of a file.
    pub(crate) fn is_of_file(&self) -> bool {
        self.path.is_absolute()
    }

    pub(crate) fn contains(&self, address: u64) -> bool {
        (self.start..self.end).contains(&address)
    }

    /// Where the file can be opened that is mapped in a running process, even if it was replaced or lies in another namespace.
    pub(crate) fn place(&self, pid: i32) -> io::Result<PathBuf> {
        // For root only.
        let by_range = format!("/proc/{pid}/map_files/{:x}-{:x}", self.start, self.end);
        if File::open(&by_range).is_ok() {
            return Ok(by_range.into());
        }
        if self.deleted {
            let why = "the file was replaced or removed since the process began; only root can read the old one";
            return Err(io::Error::other(why));
        }
        // The process may have another root directory than we.
        let below = self.path.strip_prefix("/").unwrap_or(&self.path);
        let within = Path::new(&format!("/proc/{pid}/root")).join(below);
        let place = File::open(&within).map(|_| within);
        Ok(place.unwrap_or_else(|_| self.path.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_with_and_without_a_path() {
        let maps = b"\
5580-5590 r-xp 00001000 fe:00 11                         /opt/my program (deleted)
7f00-7f10 rw-p 00000000 00:00 0 
7ffd-7fff r-xp 00000000 00:00 0                          [vdso]
no mapping
";
        let all: Vec<_> = Mapping::all(maps).collect();
        let first = Mapping {
            start: 0x5580,
            end: 0x5590,
            offset: 0x1000,
            executable: true,
            path: "/opt/my program".into(),
            deleted: true,
        };
        assert_eq!(all.len(), 3);
        assert_eq!(all[0], first);
        assert!(first.is_of_file() && first.contains(0x5580) && !first.contains(0x5590));
        assert!(all[1].path.as_os_str().is_empty() && !all[1].executable);
        assert!(all[2].executable && !all[2].is_of_file());
    }

    #[test]
    fn the_program_of_this_process_can_be_opened() {
        let pid = std::process::id().cast_signed();
        let maps = std::fs::read("/proc/self/maps").unwrap();
        let program = std::env::current_exe().unwrap();
        let mapping = Mapping::all(&maps).find(|mapping| mapping.path == program);
        assert!(File::open(mapping.unwrap().place(pid).unwrap()).is_ok());
    }
}
