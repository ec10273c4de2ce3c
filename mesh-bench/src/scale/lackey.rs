//! Instructions and lines under each lock, from a trace of all memory accesses of a process.
//!
//! The trace is that of `valgrind --tool=lackey --trace-mem=yes`: a line for each instruction (`I  ADDRESS,SIZE`), load (` L`), store
//! (` S`) and both (` M`). It does not say which thread a line is of: valgrind runs one thread at a time, for 100,000 blocks of code or
//! until it waits. A hold in which another thread got its turn shows by its length.

use super::recording::Header;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::AddAssign;

/// Bytes of a line.
const LINE: u64 = 64;

/// A hold with more instructions had another thread's turn in it, and is left out.
const MOST: u64 = 50_000;

/// What lies so far below and above the place of the call is the stack of the thread, and its thread-local storage.
const BELOW: u64 = 256 << 10;
const ABOVE: u64 = (2 << 20) + (64 << 10);

/// What was counted under the lock of a site.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) holds: u64,
    pub(crate) instructions: u64,
    /// Distinct lines of each hold that were stored to.
    pub(crate) lines: u64,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.holds += other.holds;
        self.instructions += other.instructions;
        self.lines += other.lines;
    }
}

/// Reads a trace line by line.
pub(crate) struct Counter {
    base: u64,
    begins: [u64; 3],
    ends: [u64; 3],
    /// Whether the recorder is at work.
    is_aside: bool,
    /// Whether the next instruction is that of the site of a lock that was just taken.
    is_taken: bool,
    /// Where the last store went.
    stored: u64,
    /// The stack's place at the last call that takes a lock.
    stack: u64,
    open: Vec<Open>,
    /// By site, as an offset in the library.
    pub(crate) sites: BTreeMap<u64, Counts>,
    /// Holds that were left out, for the same reason as [`MOST`].
    pub(crate) interrupted: u64,
    /// All instructions, but for the recorder's.
    pub(crate) instructions: u64,
}

/// A hold that goes on.
struct Open {
    site: u64,
    stack: u64,
    instructions: u64,
    lines: BTreeSet<u64>,
}

impl Counter {
    /// Of a process with the library as `header` says, if that is known yet.
    pub(crate) fn new() -> Self {
        Self {
            base: 0,
            begins: [0; 3],
            ends: [0; 3],
            is_aside: false,
            is_taken: false,
            stored: 0,
            stack: 0,
            open: Vec::new(),
            sites: BTreeMap::new(),
            interrupted: 0,
            instructions: 0,
        }
    }

    /// Where the library is, before its first lock is taken.
    pub(crate) fn set_header(&mut self, header: &Header) {
        (self.base, self.begins, self.ends) = (header.base, header.begins, header.ends);
    }

    /// Whether a lock was taken, so that the header was the right one.
    pub(crate) fn has_begun(&self) -> bool {
        !self.sites.is_empty() || !self.open.is_empty()
    }

    /// The next line; one that is not of a trace is none of ours.
    pub(crate) fn line(&mut self, line: &[u8]) {
        let Some((kind, address, size)) = parse(line) else {
            return;
        };
        match kind {
            b'I' => self.instruction(address),
            b'S' | b'M' => self.store(address, size),
            _ => {}
        }
    }

    fn instruction(&mut self, address: u64) {
        if self.is_taken {
            self.is_taken = false;
            self.open.push(Open {
                site: address.wrapping_sub(self.base),
                stack: self.stack,
                instructions: 0,
                lines: BTreeSet::new(),
            });
        }
        if let Some(what) = self.begins.iter().position(|&begin| begin == address) {
            self.is_aside = true;
            // The call has put its return address there.
            self.stack = self.stored;
            if what == 2 {
                self.close();
            }
        } else if let Some(what) = self.ends.iter().position(|&end| end == address) {
            // Some of them have several instructions, which are counted: a few.
            self.is_aside = false;
            self.is_taken = what == 0;
        } else if !self.is_aside {
            self.instructions += 1;
            if let Some(hold) = self.open.last_mut() {
                hold.instructions += 1;
            }
        }
    }

    fn store(&mut self, address: u64, size: u64) {
        self.stored = address;
        let Some(hold) = self.open.last_mut().filter(|_| !self.is_aside) else {
            return;
        };
        if (hold.stack.saturating_sub(BELOW)..hold.stack + ABOVE).contains(&address) {
            return;
        }
        for line in address / LINE..=(address + size.max(1) - 1) / LINE {
            hold.lines.insert(line);
        }
    }

    fn close(&mut self) {
        let Some(hold) = self.open.pop() else {
            return;
        };
        if hold.instructions > MOST {
            self.interrupted += 1;
            return;
        }
        *self.sites.entry(hold.site).or_default() += Counts {
            holds: 1,
            instructions: hold.instructions,
            lines: hold.lines.len() as u64,
        };
    }
}

/// Kind, address and size of a line: `I  04001090,3`, ` S 1ffefffe28,8`.
fn parse(line: &[u8]) -> Option<(u8, u64, u64)> {
    let (kind, rest) = match line {
        [b'I', b' ', b' ', rest @ ..] => (b'I', rest),
        [b' ', kind @ (b'L' | b'S' | b'M'), b' ', rest @ ..] => (*kind, rest),
        _ => return None,
    };
    let comma = rest.iter().position(|&byte| byte == b',')?;
    Some((
        kind,
        number(&rest[..comma], 16)?,
        number(&rest[comma + 1..], 10)?,
    ))
}

fn number(digits: &[u8], radix: u32) -> Option<u64> {
    let digit = |all: u64, &byte: &u8| {
        Some(all * u64::from(radix) + u64::from((byte as char).to_digit(radix)?))
    };
    (!digits.is_empty()).then(|| digits.iter().try_fold(0, digit))?
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A counter over a library at 0x1000.
    fn counter() -> Counter {
        let mut counter = Counter::new();
        (counter.base, counter.begins, counter.ends) =
            (0x1000, [0x1a00, 0x1a10, 0x1a20], [0x1b00, 0x1b10, 0x1b20]);
        counter
    }

    fn read(trace: &str) -> Counter {
        let mut counter = counter();
        trace.lines().for_each(|line| counter.line(line.as_bytes()));
        counter
    }

    const STACK: &str = " S 7f0000000000,8\n";

    #[test]
    fn lines_of_a_trace_are_told_from_others() {
        assert_eq!(parse(b"I  04001090,3"), Some((b'I', 0x0400_1090, 3)));
        assert_eq!(parse(b" S 1ffefffe28,8"), Some((b'S', 0x1f_feff_fe28, 8)));
        for other in [
            "",
            "==12== Lackey",
            "I  xyz,1",
            " S 12",
            " X 12,3",
            "I  ,3",
            "I  12,",
        ] {
            assert_eq!(parse(other.as_bytes()), None, "{other}");
        }
    }

    #[test]
    fn instructions_and_distinct_lines_of_a_hold_are_counted() {
        let trace = format!(
            "I  00000500,3\n{STACK}I  00001a00,3\n S 00009000,8\nI  00001a04,3\nI  00001b00,1\n\
             I  00001100,2\n S 00008000,8\n M 00008038,8\n S 0000803c,8\n L 0000a000,8\nI  00001104,2\n S 7efffffffff0,8\n\
             I  00001a20,3\n S 0000b000,8\nI  00001b20,1\nI  00001108,2\n"
        );
        let counter = read(&trace);
        // The third store reaches into a second line.
        let seen = Counts {
            holds: 1,
            instructions: 2,
            lines: 2,
        };
        assert_eq!(counter.sites, [(0x100, seen)].into());
        assert_eq!(counter.instructions, 4);
    }

    #[test]
    fn an_inner_hold_counts_for_itself() {
        let take = |site: u32| format!("{STACK}I  00001a00,3\nI  00001b00,1\nI  {site:08x},2\n");
        let open = "I  00001a20,3\nI  00001b20,1\n";
        let trace = [
            &take(0x1100),
            &take(0x1200)[..],
            "I  00001204,2\n",
            open,
            "I  00001104,2\n",
            open,
        ]
        .concat();
        let counter = read(&trace);
        let counts = |instructions| Counts {
            holds: 1,
            instructions,
            lines: 0,
        };
        assert_eq!(
            counter.sites,
            [(0x100, counts(2)), (0x200, counts(2))].into()
        );
        assert!(counter.open.is_empty());
    }

    #[test]
    fn a_lock_that_was_refused_is_no_hold() {
        let counter = read("I  00001a10,3\nI  00001a14,3\nI  00001b10,1\nI  00001100,2\n");
        assert!(counter.sites.is_empty() && !counter.has_begun());
        assert_eq!(counter.instructions, 1);
    }

    #[test]
    fn a_hold_with_another_threads_turn_is_left_out() {
        let turn = "I  00000500,3\n".repeat(MOST as usize + 1);
        let trace = format!("I  00001a00,3\nI  00001b00,1\nI  00001100,2\n{turn}I  00001a20,3\n");
        let counter = read(&trace);
        assert_eq!((counter.sites.len(), counter.interrupted), (0, 1));
    }
}
