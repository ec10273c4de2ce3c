//! Which directories are those of the process's control group.

use core::ffi::CStr;

use crate::place::Place;
use crate::text::{self, Version};
use crate::{Files, Reader};

/// Where the kernel says which groups a process is in.
const GROUPS: &CStr = c"/proc/self/cgroup";

/// Bytes of a path that is looked for.
const PATH: usize = 480;

/// A control group.
#[derive(Clone, Copy, PartialEq)]
pub(crate) struct Group {
    pub(crate) version: Version,
    pub(crate) place: Place,
}

impl Version {
    /// Where such a hierarchy may be mounted.
    fn mounts(self) -> &'static [&'static [u8]] {
        match self {
            Self::One => &[b"/sys/fs/cgroup/memory"],
            Self::Two => &[b"/sys/fs/cgroup", b"/sys/fs/cgroup/unified"],
        }
    }

    /// A file that each group has.
    fn sign(self) -> &'static [u8] {
        match self {
            Self::One => b"memory.usage_in_bytes",
            Self::Two => b"cgroup.controllers",
        }
    }

    /// Bytes that a group uses.
    pub(crate) fn used(self) -> &'static [u8] {
        match self {
            Self::One => b"memory.usage_in_bytes",
            Self::Two => b"memory.current",
        }
    }

    /// Bytes that it may use.
    pub(crate) fn limits(self) -> &'static [&'static [u8]] {
        match self {
            Self::One => &[b"memory.limit_in_bytes"],
            Self::Two => &[b"memory.high", b"memory.max"],
        }
    }

    /// In `memory.stat`, bytes of files that nobody has used for a while: the kernel takes them first, and they cost nobody anything.
    pub(crate) fn spare(self) -> &'static [u8] {
        match self {
            Self::One => b"total_inactive_file",
            Self::Two => b"inactive_file",
        }
    }
}

impl Group {
    /// The process's group in the hierarchy of this version that has memory; where its own directory is not to be seen, as in a container, the
    /// mount's.
    pub(crate) fn find(version: Version, reader: &mut Reader<'_, impl Files>) -> Option<Self> {
        let mut kept = [0; PATH];
        let found = text::group(reader.text(Some(GROUPS))?, version);
        // One that has no room is not to be seen either.
        let path = found.and_then(|path| {
            let room = kept.get_mut(..path.len())?;
            room.copy_from_slice(path);
            Some(&*room)
        });
        let mounts = version.mounts().iter();
        let own = path.into_iter();
        let places = own
            .flat_map(|path| mounts.clone().map(move |mount| (*mount, path)))
            .chain(mounts.clone().map(|mount| (*mount, &b""[..])));
        for (mount, path) in places {
            let place = Place::below(mount, path);
            if let Some(mut place) = place
                && reader.text(place.file(version.sign())).is_some()
            {
                return Some(Self { version, place });
            }
        }
        None
    }
}
