//! Files of the kernel, by system calls of our own.

use core::ffi::CStr;

use arena::os::syscall;
use pressure::Files;

/// This machine. To be asked with signals blocked, so that no handler of the program finds a descriptor that is not the program's.
pub(crate) struct Kernel;

impl Files for Kernel {
    fn read(&self, path: &CStr, buffer: &mut [u8]) -> Option<usize> {
        let flags = (libc::O_RDONLY | libc::O_CLOEXEC) as usize;
        let path = path.as_ptr().expose_provenance();
        let arguments = [libc::AT_FDCWD as usize, path, flags, 0, 0, 0];
        // SAFETY: the path is a string that lives across the call.
        let file = usize::try_from(unsafe { syscall(libc::SYS_openat, arguments) }).ok()?;
        let mut len = 0;
        let is_whole = loop {
            let rest = buffer.get_mut(len..).unwrap_or_default();
            let arguments = [
                file,
                rest.as_mut_ptr().expose_provenance(),
                rest.len(),
                0,
                0,
                0,
            ];
            // SAFETY: valid for so many bytes.
            match usize::try_from(unsafe { syscall(libc::SYS_read, arguments) }) {
                Ok(0) => break true,
                Ok(read) => len += read,
                Err(_) => break false,
            }
        };
        // SAFETY: opened above, and nobody else knows it.
        let _ = unsafe { syscall(libc::SYS_close, [file, 0, 0, 0, 0, 0]) };
        is_whole.then_some(len)
    }

    fn memory(&self) -> u64 {
        // SAFETY: zeros are a value of the type.
        let mut machine: libc::sysinfo = unsafe { core::mem::zeroed() };
        let place = (&raw mut machine).expose_provenance();
        // SAFETY: room for the answer.
        let failed = unsafe { syscall(libc::SYS_sysinfo, [place, 0, 0, 0, 0, 0]) } != 0;
        if failed {
            return u64::MAX;
        }
        machine
            .totalram
            .saturating_mul(u64::from(machine.mem_unit.max(1)))
    }
}
