//! Message queues, semaphores and shared memory.

use core::ffi::{c_char, c_int, c_long, c_uint, c_void};

use libc::{size_t, ssize_t};

use super::receiving;
use crate::unseen::waits::{files, queues};
use crate::unseen::written::Written;

/// What `semctl` may write to: a record or an array at its last argument, or a record that points to more.
fn by_semctl(argument: usize) -> Written {
    Written::NOTHING.object(core::ptr::without_provenance::<u8>(argument))
}

receiving! {
    msgrcv = c"msgrcv"(queue: c_int, message: *mut c_void, len: size_t, kind: c_long, flags: c_int) -> ssize_t, sleeping(queues::received(queue, message, len, kind, flags)):
        // The length is that of the text, which stands behind a word.
        Written::NOTHING.bytes(message, len.saturating_add(size_of::<c_long>()));
    msgctl = c"msgctl"(queue: c_int, command: c_int, record: *mut c_void) -> c_int: Written::NOTHING.object(record);
    semctl = c"semctl"(set: c_int, number: c_int, command: c_int, argument: usize) -> c_int: by_semctl(argument);
    shmctl = c"shmctl"(segment: c_int, command: c_int, record: *mut c_void) -> c_int: Written::NOTHING.object(record);
    mq_receive = c"mq_receive"(queue: c_int, message: *mut c_char, len: size_t, priority: *mut c_uint) -> ssize_t, sleeping(files::read(queue, len)):
        Written::NOTHING.bytes(message, len).object(priority);
    mq_timedreceive = c"mq_timedreceive"(
        queue: c_int, message: *mut c_char, len: size_t, priority: *mut c_uint, time: *const c_void,
    ) -> ssize_t, sleeping(queues::received_until(queue, time)):
        Written::NOTHING.bytes(message, len).object(priority);
    mq_getattr = c"mq_getattr"(queue: c_int, record: *mut c_void) -> c_int: Written::NOTHING.object(record);
    mq_setattr = c"mq_setattr"(queue: c_int, new: *const c_void, old: *mut c_void) -> c_int: Written::NOTHING.object(old);
}
