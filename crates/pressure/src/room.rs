//! How full a group is.

use crate::group::Group;
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

impl Room {
    pub(crate) fn of(mut group: Group, reader: &mut Reader<'_, impl Files>) -> Self {
        let mut room = Self::Unlimited;
        for _ in 0..MOST_LEVELS {
            room = room.max(Self::of_one(&mut group, reader));
            if !group.place.ascend() {
                break;
            }
        }
        room
    }

    fn of_one(group: &mut Group, reader: &mut Reader<'_, impl Files>) -> Self {
        let Group { version, place } = group;
        let limits = version.limits().iter();
        let limit = limits
            .filter_map(|name| reader.number(place.file(name)))
            .min()
            // A limit that is larger than the machine is none.
            .filter(|&limit| limit < reader.files.memory());
        let Some(limit) = limit else {
            return Self::Unlimited;
        };
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
