//! System calls that write what they received to a buffer of the program: see `bounce`.

use core::ffi::{c_char, c_void};

use libc::{c_int, c_uint, off_t, off64_t, size_t, sockaddr, socklen_t, ssize_t};

use crate::bounce::receive;
use crate::next::next;

/// Declares a function of the C library whose arguments contain a buffer and its length, side by side, and that returns how
/// many bytes of the buffer were written.
macro_rules! receiving {
    ($function:ident = $name:literal ( $($before:ident : $before_type:ty,)* [buffer: $element:ty, len] $(, $after:ident : $after_type:ty)* )) => {
        /// The function of the C library of this name.
        ///
        /// # Safety
        /// As for that function.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $function(
            $($before: $before_type,)*
            buffer: *mut $element,
            len: size_t
            $(, $after: $after_type)*
        ) -> ssize_t {
            next!(fn next = $name($($before: $before_type,)* buffer: *mut $element, len: size_t $(, $after: $after_type)*) -> ssize_t);
            // SAFETY: the same contract, with the program's buffer or one as long.
            let call = |buffer: *mut u8| unsafe { next($($before,)* buffer.cast(), len $(, $after)*) };
            // SAFETY: the program wants the kernel to write to the buffer.
            unsafe { receive(buffer.cast(), len, call) }
        }
    };
}

receiving!(read = c"read"(file: c_int, [buffer: c_void, len]));
receiving!(__read = c"__read"(file: c_int, [buffer: c_void, len]));
receiving!(__read_chk = c"__read_chk"(file: c_int, [buffer: c_void, len], room: size_t));
receiving!(pread = c"pread"(file: c_int, [buffer: c_void, len], offset: off_t));
receiving!(__pread_chk = c"__pread_chk"(file: c_int, [buffer: c_void, len], offset: off_t, room: size_t));
receiving!(pread64 = c"pread64"(file: c_int, [buffer: c_void, len], offset: off64_t));
receiving!(__pread64_chk = c"__pread64_chk"(file: c_int, [buffer: c_void, len], offset: off64_t, room: size_t));
receiving!(recv = c"recv"(socket: c_int, [buffer: c_void, len], flags: c_int));
receiving!(__recv_chk = c"__recv_chk"(socket: c_int, [buffer: c_void, len], room: size_t, flags: c_int));
receiving!(recvfrom = c"recvfrom"(socket: c_int, [buffer: c_void, len], flags: c_int, address: *mut sockaddr, address_len: *mut socklen_t));
receiving!(__recvfrom_chk = c"__recvfrom_chk"(socket: c_int, [buffer: c_void, len], room: size_t, flags: c_int, address: *mut sockaddr, address_len: *mut socklen_t));
receiving!(getrandom = c"getrandom"([buffer: c_void, len], flags: c_uint));
receiving!(readlink = c"readlink"(path: *const c_char, [buffer: c_char, len]));
receiving!(readlinkat = c"readlinkat"(directory: c_int, path: *const c_char, [buffer: c_char, len]));
