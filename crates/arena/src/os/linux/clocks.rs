//! Clocks, which the kernel has a function for in every process.

use core::sync::atomic::Ordering;

use super::LinuxWith;
use super::call::syscall;

/// `clock_gettime` as the kernel has it: an error is a negated number.
pub type ReadClock = unsafe extern "C" fn(libc::clockid_t, *mut libc::timespec) -> i32;

impl<L, G> LinuxWith<L, G> {
    /// Reads clocks by `function` from now on: the kernel's, which costs no system call.
    pub fn read_clocks_by(&self, function: ReadClock) {
        // Relaxed: the function was there before us.
        self.read_clock
            .store(function as *mut (), Ordering::Relaxed);
    }

    /// What a clock says.
    pub(super) fn clock(&self, which: libc::clockid_t) -> libc::timespec {
        let mut now = libc::timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        let function = self.read_clock.load(Ordering::Relaxed);
        if function.is_null() {
            let arguments = [which as usize, &raw mut now as usize, 0, 0, 0, 0];
            // SAFETY: the call writes one `timespec`.
            let _ = unsafe { syscall(libc::SYS_clock_gettime, arguments) };
        } else {
            // SAFETY: `read_clocks_by` stored a function of this type.
            let function = unsafe { core::mem::transmute::<*mut (), ReadClock>(function) };
            // SAFETY: it writes one `timespec`.
            let _ = unsafe { function(which, &raw mut now) };
        }
        now
    }
}
