//! What sockets receive, and what they say about themselves.

use core::ffi::{c_int, c_uint, c_void};

use libc::{mmsghdr, msghdr, size_t, sockaddr, socklen_t, ssize_t, timespec};

use super::receiving;
use crate::unseen::arguments::by_record;
use crate::unseen::waits::files;
use crate::unseen::written::Written;

/// TCP_ZEROCOPY_RECEIVE, whose record names a buffer for what cannot be mapped.
const RECEIVE_MAPPED: c_int = 35;

/// What `getsockopt` may write to beside the length.
fn by_getsockopt(level: c_int, option: c_int, value: *const c_void) -> Written {
    match (level, option) {
        (libc::IPPROTO_TCP, RECEIVE_MAPPED) => by_record(value.addr()),
        _ => Written::NOTHING.object(value),
    }
}

receiving! {
    recv = c"recv"(socket: c_int, buffer: *mut c_void, len: size_t, flags: c_int) -> ssize_t, sleeping(files::received(socket, flags)):
        Written::NOTHING.bytes(buffer, len);
    __recv_chk = c"__recv_chk"(socket: c_int, buffer: *mut c_void, len: size_t, room: size_t, flags: c_int) -> ssize_t, sleeping(files::received(socket, flags)):
        Written::NOTHING.bytes(buffer, len);
    recvfrom = c"recvfrom"(
        socket: c_int, buffer: *mut c_void, len: size_t, flags: c_int, address: *mut sockaddr, room: *mut socklen_t,
    ) -> ssize_t, sleeping(files::received(socket, flags)):
        Written::NOTHING.bytes(buffer, len).object(address).object(room);
    __recvfrom_chk = c"__recvfrom_chk"(
        socket: c_int, buffer: *mut c_void, len: size_t, there: size_t, flags: c_int, address: *mut sockaddr, room: *mut socklen_t,
    ) -> ssize_t, sleeping(files::received(socket, flags)):
        Written::NOTHING.bytes(buffer, len).object(address).object(room);
    recvmsg = c"recvmsg"(socket: c_int, message: *mut msghdr, flags: c_int) -> ssize_t, sleeping(files::received(socket, flags)):
        Written::NOTHING.message(message);
    recvmmsg = c"recvmmsg"(
        socket: c_int, messages: *mut mmsghdr, count: c_uint, flags: c_int, time: *mut timespec,
    ) -> c_int, sleeping(files::received(socket, flags)):
        Written::NOTHING.object(time).messages(messages, count as usize);
    sendmmsg = c"sendmmsg"(socket: c_int, messages: *mut mmsghdr, count: c_uint, flags: c_int) -> c_int:
        // The kernel notes the length of each message that was sent.
        Written::NOTHING.bytes(messages, (count as usize).saturating_mul(size_of::<mmsghdr>()));
    accept = c"accept"(socket: c_int, address: *mut sockaddr, room: *mut socklen_t) -> c_int, sleeping(files::connected(socket)):
        Written::NOTHING.object(address).object(room);
    accept4 = c"accept4"(socket: c_int, address: *mut sockaddr, room: *mut socklen_t, flags: c_int) -> c_int, sleeping(files::connected(socket)):
        Written::NOTHING.object(address).object(room);
    getsockname = c"getsockname"(socket: c_int, address: *mut sockaddr, room: *mut socklen_t) -> c_int:
        Written::NOTHING.object(address).object(room);
    getpeername = c"getpeername"(socket: c_int, address: *mut sockaddr, room: *mut socklen_t) -> c_int:
        Written::NOTHING.object(address).object(room);
    getsockopt = c"getsockopt"(socket: c_int, level: c_int, option: c_int, value: *mut c_void, room: *mut socklen_t) -> c_int:
        by_getsockopt(level, option, value).object(room);
    socketpair = c"socketpair"(domain: c_int, kind: c_int, protocol: c_int, ends: *mut c_int) -> c_int:
        Written::NOTHING.object(ends);
}
