//! Looks at how scarce memory is.

use core::ffi::CStr;

use crate::group::Group;
use crate::room::Room;
use crate::text::{self, Version};
use crate::{Files, Reader};

/// Milliseconds between two looks: what is said of the waits of a shorter time says little.
pub const LOOK_MS: u64 = 1_000;

/// The same while a limit is near.
const CLOSE_MS: u64 = 100;

/// Where nothing tells anything, milliseconds before it is tried again: some systems note each file that may not be read.
const NOTHING_MS: u64 = 60_000;

/// Milliseconds after which it is looked again which group the process is in.
const GROUP_MS: u64 = 60_000;

/// Memory is scarce if some task waited for it for more than so many hundredths of the time.
const STALLED_PERCENT: u128 = 5;

/// Bytes of a file that are read.
const TEXT: usize = 4096;

/// How long tasks of the whole machine have waited.
const MACHINE: &CStr = c"/proc/pressure/memory";

/// Whose tasks have waited.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whose {
    Group,
    Machine,
}

/// What was seen last.
#[derive(Clone, Copy)]
struct Stalls {
    /// When, in milliseconds.
    at: u64,
    whose: Whose,
    /// Microseconds so far.
    total: u64,
}

/// What is kept from one look to the next.
pub struct Watch {
    text: [u8; TEXT],
    /// The group that has limits.
    limited: Option<Group>,
    /// The group that says how long its tasks have waited: only the second version does.
    stalling: Option<Group>,
    /// When it is looked again which these are.
    next_search: u64,
    stalls: Option<Stalls>,
    /// Milliseconds before the next look.
    pause: u64,
}

impl Watch {
    /// Nothing has been looked at.
    pub const fn new() -> Self {
        Self {
            text: [0; TEXT],
            limited: None,
            stalling: None,
            next_search: 0,
            stalls: None,
            pause: LOOK_MS,
        }
    }

    /// Milliseconds before the next look, after the last one.
    pub fn pause(&self) -> u64 {
        self.pause
    }

    /// Looks, and says whether memory is scarce: in the time since the last look, or since a limit is near.
    pub fn look(&mut self, files: &impl Files, now: u64) -> bool {
        let mut reader = Reader {
            files,
            buffer: &mut self.text,
        };
        if now >= self.next_search {
            self.next_search = now.saturating_add(GROUP_MS);
            let second = Group::find(Version::Two, &mut reader);
            if second != self.stalling {
                self.stalls = None;
            }
            self.stalling = second;
            self.limited = Group::find(Version::One, &mut reader).or(second);
        }
        let room = match self.limited {
            Some(group) => Room::of(group, &mut reader),
            None => Room::Unlimited,
        };
        let seen = stalls(self.stalling, room, &mut reader).map(|(whose, total)| Stalls {
            at: now,
            whose,
            total,
        });
        let is_stalled = match (self.stalls, seen) {
            (Some(before), Some(seen)) => seen.is_long_since(before),
            _ => false,
        };
        let is_recent = |last: Stalls| now.saturating_sub(last.at) < LOOK_MS;
        if is_stalled || seen.is_none() || !self.stalls.is_some_and(is_recent) {
            self.stalls = seen;
        }
        self.pause = match room {
            Room::Little | Room::Full => CLOSE_MS,
            Room::Unlimited if seen.is_none() => NOTHING_MS,
            Room::Unlimited | Room::Enough => LOOK_MS,
        };
        is_stalled || room == Room::Full
    }
}

impl Default for Watch {
    fn default() -> Self {
        Self::new()
    }
}

impl Stalls {
    fn is_long_since(self, before: Self) -> bool {
        let waited = u128::from(self.total.saturating_sub(before.total));
        let passed = u128::from(self.at.saturating_sub(before.at)) * 1_000;
        self.whose == before.whose
            && passed >= u128::from(LOOK_MS) * 1_000
            && waited * 100 > passed * STALLED_PERCENT
    }
}

/// Microseconds for which tasks of the group have waited so far; where no group tells anything, those of the machine.
fn stalls(
    group: Option<Group>,
    room: Room,
    reader: &mut Reader<'_, impl Files>,
) -> Option<(Whose, u64)> {
    if let Some(mut group) = group {
        let text = reader.text(group.place.file(b"memory.pressure"));
        if let Some(total) = text.and_then(text::stalled) {
            return Some((Whose::Group, total));
        }
    }
    if room != Room::Unlimited {
        return None;
    }
    let total = text::stalled(reader.text(Some(MACHINE))?)?;
    Some((Whose::Machine, total))
}
