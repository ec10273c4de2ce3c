//! Whether a preloaded library is in the command at all.
//!
//! Nothing is loaded into a program that is statically linked or that runs with more rights than its user, and then a
//! comparison shows nothing but noise.

use std::path::Path;

/// The loader may be at work still when the first look comes.
const ENOUGH: u32 = 3;

/// What was seen of a library in a running command.
#[derive(Debug, Default)]
pub(crate) struct Presence {
    looks: u32,
    seen: bool,
}

impl Presence {
    /// Looks for `library` among the mappings of process `pid`, until it was there once.
    pub(crate) fn look(&mut self, pid: u32, library: &Path) {
        if self.seen {
            return;
        }
        // A process that is about to end has no mappings, and that says nothing.
        let maps = std::fs::read_to_string(format!("/proc/{pid}/maps")).unwrap_or_default();
        if !maps.is_empty() {
            self.looks += 1;
            let name = library.to_string_lossy();
            self.seen = maps.lines().any(|line| line.ends_with(&*name));
        }
    }

    /// Whether it was looked for often enough and never seen.
    pub(crate) fn is_absent(&self) -> bool {
        self.looks >= ENOUGH && !self.seen
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::loaded_libc;

    #[test]
    fn only_what_was_looked_for_can_be_absent() {
        let own = std::process::id();
        let mut presence = Presence::default();
        assert!(!presence.is_absent());
        for _ in 0..ENOUGH {
            assert!(!presence.is_absent());
            presence.look(own, Path::new("/nowhere/libnothing.so"));
        }
        assert!(presence.is_absent());
        presence.look(own, &loaded_libc());
        assert!(!presence.is_absent());
    }
}
