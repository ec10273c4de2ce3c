//! What a request of a ring lets the kernel write to, or know by its physical pages.

use libc::{iovec, msghdr};

use super::layout::Request;
use crate::ground::reach::peek;
use crate::unseen::arguments;
use crate::unseen::asynchronous::{keep, keep_object, keep_parts};

/// IORING_OP_READV.
const READ_PARTS: u8 = 1;
/// IORING_OP_RECVMSG.
const RECEIVE_MESSAGE: u8 = 10;
/// IORING_OP_READ, IORING_OP_RECV and IORING_OP_MADVISE.
const READ: u8 = 22;
const RECEIVE: u8 = 27;
const ADVISE: u8 = 25;
/// IORING_OP_PROVIDE_BUFFERS.
const PROVIDE: u8 = 31;
/// IORING_OP_URING_CMD, and the last operation that is known here.
const COMMAND: u8 = 46;
const LAST_KNOWN: u8 = 52;

/// Operations that read what they are given, if anything, and write to nothing: to no memory, or to what was registered, which has
/// ended meshing. That bytes are read from other pages by then does not matter: a mesh changes no byte of either.
const WRITE_NOTHING: &[u8] = &[
    0,  // NOP
    2,  // WRITEV
    3,  // FSYNC
    4,  // READ_FIXED
    5,  // WRITE_FIXED
    6,  // POLL_ADD
    7,  // POLL_REMOVE
    8,  // SYNC_FILE_RANGE
    9,  // SENDMSG
    11, // TIMEOUT
    12, // TIMEOUT_REMOVE
    14, // ASYNC_CANCEL
    15, // LINK_TIMEOUT
    16, // CONNECT
    17, // FALLOCATE
    18, // OPENAT
    19, // CLOSE
    23, // WRITE
    24, // FADVISE
    26, // SEND
    28, // OPENAT2
    29, // EPOLL_CTL
    30, // SPLICE
    32, // REMOVE_BUFFERS
    33, // TEE
    34, // SHUTDOWN
    35, // RENAMEAT
    36, // UNLINKAT
    37, // MKDIRAT
    38, // SYMLINKAT
    39, // LINKAT
    40, // MSG_RING
    41, // FSETXATTR
    42, // SETXATTR
    45, // SOCKET
    47, // SEND_ZC
    48, // SENDMSG_ZC
];

/// Keeps the objects that the kernel may write to for a request.
pub(super) fn keep_targets(request: &Request) {
    let at = request.address::<u8>();
    match request.operation() {
        READ | RECEIVE | ADVISE => keep(at, request.len()),
        READ_PARTS => keep_parts(request.address::<iovec>(), request.len()),
        RECEIVE_MESSAGE => keep_message(request.address()),
        // As many buffers as the place of the file's number says.
        PROVIDE => {
            let count = usize::try_from(request.file()).unwrap_or(0);
            keep(at, request.len().saturating_mul(count));
        }
        operation if WRITE_NOTHING.contains(&operation) => {}
        // A command is a driver's, who may know more addresses behind the first.
        operation if operation == COMMAND || operation > LAST_KNOWN => {
            request
                .addresses()
                .for_each(|at| arguments::keep(at.addr()));
        }
        _ => request.addresses().for_each(keep_object),
    }
}

/// Keeps what a message is received into, and its description, which is written to as well.
fn keep_message(message: *const msghdr) {
    keep_object(message);
    let Some(header) = peek(message) else { return };
    keep_parts(header.msg_iov, header.msg_iovlen);
    keep(header.msg_name, header.msg_namelen as usize);
    keep(header.msg_control, header.msg_controllen);
}
