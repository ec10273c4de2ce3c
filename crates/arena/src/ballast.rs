//! Mappings that are held only to be given up.
//!
//! A step that must not fail (memory for the program, finishing a group, dissolving one, fork) may meet the limit on mappings.
//! Giving some of the ballast up makes room for it; the rest stays for the next one. The *reserve* is for steps of a mesh and of a
//! fork alone: a program that asks for memory at the limit shall not use up what the next fork needs.

use core::ptr::NonNull;

use crate::os::{Access, Os, Purpose};

/// Mappings that are given up at a time: more than one step needs.
const PART: usize = 4;

/// Parts in all. A program may have this many without the reserve, at the limit.
const PARTS: usize = 12;

/// Parts that are kept for steps that must not fail.
const RESERVE: usize = 4;

const _: () = assert!(PART.is_multiple_of(2) && RESERVE < PARTS);

pub(crate) struct Ballast {
    parts: [Option<Part>; PARTS],
}

impl Ballast {
    pub(crate) const fn new() -> Self {
        Self {
            parts: [const { None }; PARTS],
        }
    }

    /// Takes the ballast on board, as much of it as the system permits.
    pub(crate) fn load<O: Os>(&mut self, os: &O) {
        for part in &mut self.parts {
            if part.is_none() {
                *part = Part::take(os);
                if part.is_none() {
                    // So few mappings are left that the program needs each of them.
                    return;
                }
            }
        }
    }

    /// Whether everything is on board that is to be.
    pub(crate) fn is_full(&self) -> bool {
        self.parts.iter().all(Option::is_some)
    }

    /// Gives some of it up, the reserve last; says whether that made room.
    pub(crate) fn lighten<O: Os>(&mut self, os: &O) -> bool {
        self.lighten_to(os, 0)
    }

    /// Gives some of it up and leaves the reserve; says whether that made room.
    pub(crate) fn lighten_to_reserve<O: Os>(&mut self, os: &O) -> bool {
        self.lighten_to(os, RESERVE)
    }

    fn lighten_to<O: Os>(&mut self, os: &O, left: usize) -> bool {
        let mut on_board = self.parts.iter_mut().filter(|part| part.is_some());
        on_board
            .nth(left)
            .and_then(Option::take)
            .is_some_and(|part| part.give_up(os))
    }
}

/// Pages of which no two neighbours are alike, so each is a mapping of its own.
struct Part(NonNull<u8>);

// SAFETY: the range belongs to the ballast alone.
unsafe impl Send for Part {}

impl Part {
    fn take<O: Os>(os: &O) -> Option<Self> {
        let page = os.system_page();
        let part = Self(os.reserve(PART * page, Access::None).ok()?);
        os.name(part.0, PART * page, Purpose::Work);
        let is_apart = (1..PART).step_by(2).all(|odd| {
            // SAFETY: the offset is smaller than the range.
            let odd = unsafe { part.0.add(odd * page) };
            // SAFETY: the range is ours and unused.
            unsafe { os.protect(odd, page, Access::Read) }.is_ok()
        });
        if is_apart {
            return Some(part);
        }
        part.give_up(os);
        None
    }

    fn give_up<O: Os>(self, os: &O) -> bool {
        // SAFETY: the range is ours and unused.
        unsafe { os.unmap(self.0, PART * os.system_page()) }.is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::{FailNth, Linux};

    #[test]
    fn programs_leave_the_reserve() {
        let os = Linux::new();
        let mut ballast = Ballast::new();
        assert!(!ballast.is_full() && !ballast.lighten(&os));
        ballast.load(&os);
        assert!(ballast.is_full());
        let mut given_up = 0;
        while ballast.lighten_to_reserve(&os) {
            given_up += 1;
        }
        assert_eq!(given_up, PARTS - RESERVE);
        while ballast.lighten(&os) {
            given_up += 1;
        }
        assert_eq!(given_up, PARTS);
        ballast.load(&os);
        assert!(ballast.is_full());
        while ballast.lighten(&os) {}
    }

    #[test]
    fn what_was_refused_is_loaded_later() {
        let os = FailNth::new(Linux::new());
        // A part is reserved, and cannot be taken apart.
        os.refuse(1, 2);
        let mut ballast = Ballast::new();
        ballast.load(&os);
        assert!(!ballast.is_full() && !ballast.lighten(&os));
        ballast.load(&os);
        assert!(ballast.is_full());
        while ballast.lighten(&os) {}
        os.refuse(0, u64::MAX);
        ballast.load(&os);
        assert!(!ballast.is_full() && !ballast.lighten(&os));
    }
}
