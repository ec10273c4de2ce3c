//! How full a group is.

use crate::group::Group;
use crate::text::Version;
use crate::{Files, Reader};

/// A group is full that uses so many hundredths of what it may.
const FULL_PERCENT: u128 = 95;

/// It is nearly full from so many on.
const CLOSE_PERCENT: u128 = 80;

/// Groups above each other that are looked at, at most.
const MOST_LEVELS: u32 = 16;

/// What the limits of a group and of those above it, as far as they are to be seen, leave room for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Room {
    /// There is no limit.
    Unlimited,
    Enough,
    /// One of them may soon be full.
    Little,
    /// One of them is full, and the kernel has nothing left that it could take without harm.
    Full,
}

/// Bytes that the process may use: the least that its control group and those above it permit, or what the machine has. Files are
/// read into `buffer`.
pub fn permitted(files: &impl Files, buffer: &mut [u8]) -> u64 {
    let mut reader = Reader { files, buffer };
    let mut least = files.memory();
    for version in [Version::One, Version::Two] {
        if let Some(group) = Group::find(version, &mut reader) {
            each_level(group, |group| {
                if let Some(limit) = limit(group, &mut reader) {
                    least = least.min(limit);
                }
            });
        }
    }
    least
}

/// Passes the group and those above it.
fn each_level(mut group: Group, mut act: impl FnMut(&mut Group)) {
    for _ in 0..MOST_LEVELS {
        act(&mut group);
        if !group.place.ascend() {
            break;
        }
    }
}

/// Bytes that a group may use, unless that is more than the machine has.
fn limit(group: &mut Group, reader: &mut Reader<'_, impl Files>) -> Option<u64> {
    let Group { version, place } = group;
    let limits = version.limits().iter();
    limits
        .filter_map(|name| reader.number(place.file(name)))
        .min()
        .filter(|&limit| limit < reader.files.memory())
}

impl Room {
    pub(crate) fn of(group: Group, reader: &mut Reader<'_, impl Files>) -> Self {
        let mut room = Self::Unlimited;
        each_level(group, |group| room = room.max(Self::of_one(group, reader)));
        room
    }

    fn of_one(group: &mut Group, reader: &mut Reader<'_, impl Files>) -> Self {
        let Some(limit) = limit(group, reader) else {
            return Self::Unlimited;
        };
        let Group { version, place } = group;
        let Some(used) = reader.number(place.file(version.used())) else {
            return Self::Unlimited;
        };
        if Self::beside(used, limit) == Self::Enough {
            return Self::Enough;
        }
        let stat = reader.text(place.file(b"memory.stat"));
        let spare = stat.and_then(|stat| crate::text::field(stat, version.spare()));
        Self::beside(used.saturating_sub(spare.unwrap_or(0)), limit)
    }

    /// What a limit leaves of which so much is used.
    fn beside(used: u64, limit: u64) -> Self {
        let reaches = |percent| u128::from(used) * 100 >= u128::from(limit) * percent;
        match () {
            () if reaches(FULL_PERCENT) => Self::Full,
            () if reaches(CLOSE_PERCENT) => Self::Little,
            () => Self::Enough,
        }
    }
}
