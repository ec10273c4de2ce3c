//! Refusals of what concerns writers that wait in the kernel.

use core::ptr::NonNull;

use super::FailNth;
use crate::os::{Errno, Hold, Userfault, WriteFaults};

// SAFETY: each method does what the system below does, or nothing.
unsafe impl<O: WriteFaults> WriteFaults for FailNth<O> {
    fn open_userfault(&self) -> Result<Userfault, Errno> {
        self.unless_refused(O::open_userfault)
    }

    fn is_filtered(&self) -> Result<bool, Errno> {
        self.unless_refused(O::is_filtered)
    }

    fn is_ours(&self, userfault: &Userfault) -> bool {
        self.os.is_ours(userfault)
    }

    fn is_open(&self, userfault: &Userfault) -> bool {
        self.os.is_open(userfault)
    }

    fn close_userfault(&self, userfault: &Userfault) {
        self.os.close_userfault(userfault);
    }

    unsafe fn register(
        &self,
        userfault: &Userfault,
        at: NonNull<u8>,
        len: usize,
    ) -> Result<(), Errno> {
        // SAFETY: the caller's promise is the one that the system below asks for.
        self.unless_refused(|os| unsafe { os.register(userfault, at, len) })
    }

    unsafe fn unregister(
        &self,
        userfault: &Userfault,
        at: NonNull<u8>,
        len: usize,
    ) -> Result<(), Errno> {
        // SAFETY: the caller's promise is the one that the system below asks for.
        self.unless_refused(|os| unsafe { os.unregister(userfault, at, len) })
    }

    unsafe fn hold_writers(
        &self,
        userfault: &Userfault,
        at: NonNull<u8>,
        len: usize,
    ) -> Result<(), Errno> {
        // SAFETY: the caller's promise is the one that the system below asks for.
        self.unless_refused(|os| unsafe { os.hold_writers(userfault, at, len) })
    }

    unsafe fn free_writers(&self, userfault: &Userfault, at: NonNull<u8>, len: usize) {
        // SAFETY: the same contract.
        unsafe { self.os.free_writers(userfault, at, len) };
    }

    fn wake_writers(&self, userfault: &Userfault, at: NonNull<u8>, len: usize) {
        self.os.wake_writers(userfault, at, len);
    }

    fn hold(&self, userfault: &Userfault) -> Result<Hold, Errno> {
        self.unless_refused(|os| os.hold(userfault))
    }

    fn release(&self, hold: Hold) {
        self.os.release(hold);
    }
}
