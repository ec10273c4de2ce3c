//! Names of files, put together in room of their own.

use core::ffi::CStr;

/// Bytes of a name, with its end.
const LENGTH: usize = 512;

/// A directory below a mount, or the mount.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    /// The directory, and whatever behind it.
    bytes: [u8; LENGTH],
    len: usize,
    /// Bytes of the mount.
    mount: usize,
}

impl PartialEq for Place {
    fn eq(&self, other: &Self) -> bool {
        self.directory() == other.directory()
    }
}

impl Place {
    pub(crate) const fn nowhere() -> Self {
        Self {
            bytes: [0; LENGTH],
            len: 0,
            mount: 0,
        }
    }

    /// The directory `path`, which begins with a slash, below `mount`; `None` where it is too long.
    pub(crate) fn below(mount: &[u8], path: &[u8]) -> Option<Self> {
        let mut place = Self::nowhere();
        place.append(mount)?;
        place.mount = place.len;
        let path = path.strip_suffix(b"/").unwrap_or(path);
        place.append(path)?;
        Some(place)
    }

    fn append(&mut self, bytes: &[u8]) -> Option<()> {
        let end = self.len.checked_add(bytes.len())?;
        self.bytes.get_mut(self.len..end)?.copy_from_slice(bytes);
        self.len = end;
        Some(())
    }

    fn directory(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or(&[])
    }

    /// Goes to the directory above; says whether there is one that is the mount or below it.
    pub(crate) fn ascend(&mut self) -> bool {
        if self.len <= self.mount {
            return false;
        }
        let slash = self.directory().iter().rposition(|&byte| byte == b'/');
        self.len = slash.unwrap_or(self.mount).max(self.mount);
        true
    }

    /// The name of a file in the directory; `None` where it is too long.
    pub(crate) fn file(&mut self, name: &[u8]) -> Option<&CStr> {
        let len = self.len;
        let appended = self
            .append(b"/")
            .and_then(|()| self.append(name))
            .and_then(|()| self.append(b"\0"));
        let end = core::mem::replace(&mut self.len, len);
        appended?;
        CStr::from_bytes_with_nul(self.bytes.get(..end)?).ok()
    }
}
