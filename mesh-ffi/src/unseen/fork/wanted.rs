//! What a system call that clones asks for.

use core::ptr::{with_exposed_provenance, with_exposed_provenance_mut, without_provenance};

use libc::{c_int, c_long};

use crate::ground::machine::{CHILD_IN_CLONE, only_here};
use crate::ground::reach::copy_in;
use crate::ground::system;
use crate::unseen::written::Written;

/// What a system call that clones asks for. Words that are not there are zero.
#[derive(Clone, Copy, Default)]
pub(crate) struct Wanted {
    flags: usize,
    stack: usize,
    /// Where the parent finds the number of the child.
    pub(crate) parent: usize,
    /// Where the parent finds a descriptor of it.
    pub(crate) process_file: usize,
    /// Where the child finds its number, or what is cleared at its end.
    pub(crate) child: usize,
}

/// Words of `struct clone_args` up to the stack.
const CLONE3: usize = 6;

impl Wanted {
    /// What the call asks for; `None` if it does not clone.
    pub(crate) fn of(number: c_long, arguments: [usize; 6]) -> Option<Self> {
        let [first, second, third, ..] = arguments;
        match number {
            libc::SYS_clone => Some(Self {
                flags: first,
                stack: second,
                parent: third,
                process_file: 0,
                child: arguments[CHILD_IN_CLONE],
            }),
            libc::SYS_clone3 => {
                let mut words = [0; CLONE3];
                let is_there = second >= size_of_val(&words)
                    && copy_in(with_exposed_provenance(first), &mut words);
                let [flags, process_file, child, parent, _, stack] =
                    words.map(|word| word as usize);
                is_there.then_some(Self {
                    flags,
                    stack,
                    parent,
                    process_file,
                    child,
                })
            }
            _ if only_here::FORKS.contains(&number) => Some(Self::default()),
            _ => None,
        }
    }

    /// What `clone` asks for.
    pub(crate) fn by_clone(flags: c_int, parent: usize, child: usize) -> Self {
        Self {
            flags: flags as usize,
            parent,
            child,
            ..Self::default()
        }
    }

    /// Whether one of `flags` is there.
    pub(crate) fn has(&self, flags: c_int) -> bool {
        self.flags & flags as usize != 0
    }

    /// Whether the call makes a process with a memory of its own that goes on with this code, on a copy of this stack.
    pub(crate) fn duplicates(&self) -> bool {
        !self.has(libc::CLONE_VM) && self.stack == 0
    }

    /// What the parent's call writes to.
    pub(crate) fn written(&self) -> Written {
        let mut written = Written::NOTHING;
        if self.has(libc::CLONE_PARENT_SETTID | libc::CLONE_PIDFD) {
            for word in [self.parent, self.process_file] {
                written = written.object(without_provenance::<c_int>(word));
            }
        }
        written
    }

    /// In a child with a memory of its own: writes its number where it is expected. The kernel could not, if that is on a page that the
    /// child gets its copy of later.
    pub(crate) fn write_number(&self) {
        if self.has(libc::CLONE_CHILD_SETTID) {
            let number = system::thread_number();
            let at: *mut c_int = with_exposed_provenance_mut(self.child);
            if !Written::NOTHING.object(at).is_nothing() {
                // SAFETY: in a small object, which the caller of `clone` gave to be written to.
                unsafe { at.write_unaligned(number) };
            }
        }
    }
}
