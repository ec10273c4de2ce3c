//! What the C library asks servers for, into memory of its caller: answers of name servers, and of the cache of name services.
//!
//! Modules of name services that are libraries of their own make their calls through the functions that we stand in front of.

use core::ffi::{c_char, c_int, c_uint, c_void};

use libc::{size_t, socklen_t};

use super::receiving;
use crate::unseen::written::Written;

/// What an answer of so many bytes may be written to.
fn answered(at: *const c_void, len: c_int) -> Written {
    Written::NOTHING.bytes(at, usize::try_from(len).unwrap_or(0))
}

receiving! {
    res_query = c"res_query"(name: *const c_char, class: c_int, kind: c_int, answer: *mut c_void, room: c_int) -> c_int, sleeping:
        answered(answer, room);
    __res_query = c"__res_query"(name: *const c_char, class: c_int, kind: c_int, answer: *mut c_void, room: c_int) -> c_int, sleeping:
        answered(answer, room);
    res_nquery = c"res_nquery"(state: *mut c_void, name: *const c_char, class: c_int, kind: c_int, answer: *mut c_void, room: c_int) -> c_int, sleeping:
        answered(answer, room);
    __res_nquery = c"__res_nquery"(state: *mut c_void, name: *const c_char, class: c_int, kind: c_int, answer: *mut c_void, room: c_int) -> c_int, sleeping:
        answered(answer, room);
    res_search = c"res_search"(name: *const c_char, class: c_int, kind: c_int, answer: *mut c_void, room: c_int) -> c_int, sleeping:
        answered(answer, room);
    __res_search = c"__res_search"(name: *const c_char, class: c_int, kind: c_int, answer: *mut c_void, room: c_int) -> c_int, sleeping:
        answered(answer, room);
    res_nsearch = c"res_nsearch"(state: *mut c_void, name: *const c_char, class: c_int, kind: c_int, answer: *mut c_void, room: c_int) -> c_int, sleeping:
        answered(answer, room);
    __res_nsearch = c"__res_nsearch"(state: *mut c_void, name: *const c_char, class: c_int, kind: c_int, answer: *mut c_void, room: c_int) -> c_int, sleeping:
        answered(answer, room);
    res_querydomain = c"res_querydomain"(name: *const c_char, domain: *const c_char, class: c_int, kind: c_int, answer: *mut c_void, room: c_int) -> c_int, sleeping:
        answered(answer, room);
    __res_querydomain = c"__res_querydomain"(name: *const c_char, domain: *const c_char, class: c_int, kind: c_int, answer: *mut c_void, room: c_int) -> c_int, sleeping:
        answered(answer, room);
    res_nquerydomain = c"res_nquerydomain"(state: *mut c_void, name: *const c_char, domain: *const c_char, class: c_int, kind: c_int, answer: *mut c_void, room: c_int) -> c_int, sleeping:
        answered(answer, room);
    __res_nquerydomain = c"__res_nquerydomain"(state: *mut c_void, name: *const c_char, domain: *const c_char, class: c_int, kind: c_int, answer: *mut c_void, room: c_int) -> c_int, sleeping:
        answered(answer, room);
    res_send = c"res_send"(question: *const c_void, length: c_int, answer: *mut c_void, room: c_int) -> c_int, sleeping:
        answered(answer, room);
    __res_send = c"__res_send"(question: *const c_void, length: c_int, answer: *mut c_void, room: c_int) -> c_int, sleeping:
        answered(answer, room);
    res_nsend = c"res_nsend"(state: *mut c_void, question: *const c_void, length: c_int, answer: *mut c_void, room: c_int) -> c_int, sleeping:
        answered(answer, room);
    __res_nsend = c"__res_nsend"(state: *mut c_void, question: *const c_void, length: c_int, answer: *mut c_void, room: c_int) -> c_int, sleeping:
        answered(answer, room);
    getpwnam_r = c"getpwnam_r"(
        name: *const c_char, entry: *mut c_void, buffer: *mut c_char, len: size_t, result: *mut c_void,
    ) -> c_int, sleeping:
        Written::NOTHING.bytes(buffer, len);
    getpwuid_r = c"getpwuid_r"(
        number: c_uint, entry: *mut c_void, buffer: *mut c_char, len: size_t, result: *mut c_void,
    ) -> c_int, sleeping:
        Written::NOTHING.bytes(buffer, len);
    getgrnam_r = c"getgrnam_r"(
        name: *const c_char, entry: *mut c_void, buffer: *mut c_char, len: size_t, result: *mut c_void,
    ) -> c_int, sleeping:
        Written::NOTHING.bytes(buffer, len);
    getgrgid_r = c"getgrgid_r"(
        number: c_uint, entry: *mut c_void, buffer: *mut c_char, len: size_t, result: *mut c_void,
    ) -> c_int, sleeping:
        Written::NOTHING.bytes(buffer, len);
    getservbyname_r = c"getservbyname_r"(
        name: *const c_char, protocol: *const c_char, entry: *mut c_void, buffer: *mut c_char, len: size_t, result: *mut c_void,
    ) -> c_int, sleeping:
        Written::NOTHING.bytes(buffer, len);
    getservbyport_r = c"getservbyport_r"(
        port: c_int, protocol: *const c_char, entry: *mut c_void, buffer: *mut c_char, len: size_t, result: *mut c_void,
    ) -> c_int, sleeping:
        Written::NOTHING.bytes(buffer, len);
    gethostbyname_r = c"gethostbyname_r"(
        name: *const c_char, entry: *mut c_void, buffer: *mut c_char, len: size_t, result: *mut c_void, error: *mut c_int,
    ) -> c_int, sleeping:
        Written::NOTHING.bytes(buffer, len);
    gethostbyname2_r = c"gethostbyname2_r"(
        name: *const c_char, family: c_int, entry: *mut c_void, buffer: *mut c_char, len: size_t, result: *mut c_void, error: *mut c_int,
    ) -> c_int, sleeping:
        Written::NOTHING.bytes(buffer, len);
    gethostbyaddr_r = c"gethostbyaddr_r"(
        address: *const c_void, length: socklen_t, family: c_int, entry: *mut c_void, buffer: *mut c_char, len: size_t, result: *mut c_void, error: *mut c_int,
    ) -> c_int, sleeping:
        Written::NOTHING.bytes(buffer, len);
}
