//! Names of mappings, as `/proc/PID/maps` shows them: of private memory since Linux 5.17, of shared memory without a file since 6.2, and where
//! the kernel was built with `CONFIG_ANON_VMA_NAME`.

use core::ffi::CStr;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicU8, Ordering};

use super::call::syscall;
use super::returned::checked;
use crate::os::{Errno, Purpose};

const PR_SET_VMA: usize = 0x5356_4d41;
const PR_SET_VMA_ANON_NAME: usize = 0;

/// Private memory has names.
const PRIVATE: u8 = 1;
/// Shared memory has names.
const SHARED: u8 = 2;

/// Which mappings have names: at first none.
pub(super) struct Names(AtomicU8);

impl Names {
    pub(super) const fn new() -> Self {
        Self(AtomicU8::new(0))
    }

    /// All are to have one.
    pub(super) fn give(&self) {
        self.0.store(PRIVATE | SHARED, Ordering::Relaxed);
    }

    /// No more are to have one.
    pub(super) fn forget(&self) {
        self.0.store(0, Ordering::Relaxed);
    }

    #[inline]
    pub(super) fn name(&self, at: NonNull<u8>, len: usize, purpose: Purpose) {
        let kind = if purpose == Purpose::Shared {
            SHARED
        } else {
            PRIVATE
        };
        // Relaxed: it is the kernel that orders what happens to mappings.
        if self.0.load(Ordering::Relaxed) & kind != 0 {
            self.ask(at, len, purpose, kind);
        }
    }

    #[cold]
    fn ask(&self, at: NonNull<u8>, len: usize, purpose: Purpose, kind: u8) {
        match set(at, len, text(purpose)) {
            // Without memory for the name, or at the limit of mappings: the next one has one again.
            Ok(()) | Err(Errno::ENOMEM) => {}
            Err(_) => {
                self.0.fetch_and(!kind, Ordering::Relaxed);
            }
        }
    }
}

/// The name. The kernel permits what can be printed, without brackets, backslashes and a few more.
fn text(purpose: Purpose) -> &'static CStr {
    match purpose {
        Purpose::Heap => c"mesh: heap",
        Purpose::Shared => c"mesh: shared",
        Purpose::Tables => c"mesh: tables",
        Purpose::Work => c"mesh: work",
    }
}

fn set(at: NonNull<u8>, len: usize, name: &CStr) -> Result<(), Errno> {
    let (start, name) = (
        at.as_ptr().expose_provenance(),
        name.as_ptr().expose_provenance(),
    );
    let arguments = [PR_SET_VMA, PR_SET_VMA_ANON_NAME, start, len, name, 0];
    // SAFETY: a name changes no memory, and the kernel reads it up to its zero.
    checked(unsafe { syscall(libc::SYS_prctl, arguments) }).map(drop)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::os::{Access, Linux, Os};

    /// Maps a range, has it named, and finds its name among the process's mappings.
    fn shown(os: &Linux, purpose: Purpose) -> Option<String> {
        let len = 3 * Linux::PAGE_SIZE;
        let at = if purpose == Purpose::Shared {
            os.map_shared(len)
        } else {
            os.reserve(len, Access::ReadWrite)
        };
        let at = at.unwrap();
        os.name(at, len, purpose);
        let (start, end) = (at.addr().get(), at.addr().get() + len);
        let prefix = format!("{start:x}-{end:x} ");
        let maps = fs::read_to_string("/proc/self/maps").unwrap();
        let name = maps
            .lines()
            .find_map(|line| line.strip_prefix(&prefix))
            .and_then(|line| Some(line.split_once('[')?.1.to_owned()));
        // SAFETY: mapped above, and used by nobody.
        unsafe { os.unmap(at, len) }.unwrap();
        name
    }

    /// Whether the kernel names such mappings.
    fn is_known(shared: bool) -> bool {
        let os = Linux::new();
        let at = if shared {
            os.map_shared(Linux::PAGE_SIZE)
        } else {
            os.reserve(Linux::PAGE_SIZE, Access::Read)
        };
        let at = at.unwrap();
        let set = set(at, Linux::PAGE_SIZE, c"test");
        // SAFETY: mapped above, and used by nobody.
        unsafe { os.unmap(at, Linux::PAGE_SIZE) }.unwrap();
        set.is_ok()
    }

    #[test]
    fn mappings_have_names_where_the_kernel_knows_names() {
        let os = Linux::new();
        os.give_names();
        for (purpose, name) in [
            (Purpose::Heap, "anon:mesh: heap]"),
            (Purpose::Tables, "anon:mesh: tables]"),
            (Purpose::Work, "anon:mesh: work]"),
            (Purpose::Shared, "anon_shmem:mesh: shared]"),
        ] {
            let expected = is_known(purpose == Purpose::Shared).then_some(name);
            assert_eq!(shown(&os, purpose).as_deref(), expected, "{purpose:?}");
        }
    }

    #[test]
    fn nothing_is_named_unless_it_is_wanted() {
        let os = Linux::new();
        assert_eq!(shown(&os, Purpose::Heap), None);
        os.give_names();
        os.ask_no_more();
        assert_eq!(shown(&os, Purpose::Heap), None);
    }

    #[test]
    fn a_kernel_that_refuses_is_not_asked_again() {
        let names = Names::new();
        names.give();
        // No mapping begins inside of a page.
        names.name(NonNull::<u64>::dangling().cast(), 4096, Purpose::Heap);
        assert_eq!(names.0.load(Ordering::Relaxed), SHARED);
    }
}
