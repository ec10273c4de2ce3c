//! What liburing and the kernel agree on about a ring, as far as we look at it.
//!
//! The part of `struct io_uring` that is here has been the same in all of liburing's versions with this name (`liburing.so.2`) and the
//! one before.

use core::ptr::without_provenance;
use core::sync::atomic::{AtomicU32, Ordering};

/// IORING_SETUP_SQPOLL: the kernel looks for requests by itself.
const POLLED: u32 = 1 << 1;

/// Flags of rings that are known here: a later one may change what a request looks like.
const KNOWN: u32 = (1 << 19) - 1;

/// IORING_SETUP_SQE128: requests have twice the size.
const LARGE: u32 = 1 << 10;

/// Words of a request.
const WORDS: usize = 8;

/// The queue of requests, `struct io_uring_sq`.
#[repr(C)]
struct Requests {
    head: *const AtomicU32,
    tail: *const AtomicU32,
    mask: *const u32,
    entries: *const u32,
    flags: *const u32,
    dropped: *const u32,
    array: *mut u32,
    requests: *const u64,
    own_head: u32,
    own_tail: u32,
    size: usize,
    memory: usize,
    more: [u32; 4],
}

/// The queue of completions, `struct io_uring_cq`.
#[repr(C)]
struct Completions {
    words: [usize; 9],
    more: [u32; 4],
}

/// A ring, `struct io_uring`.
#[repr(C)]
pub(super) struct Ring {
    requests: Requests,
    completions: Completions,
    flags: u32,
    file: i32,
}

const _: () = assert!(size_of::<Requests>() == 104 && size_of::<Completions>() == 88);

/// A request as we look at it, `struct io_uring_sqe`. What stands behind the first eight words is the command's.
#[derive(Clone, Copy)]
pub(super) struct Request {
    words: [u64; 2 * WORDS],
}

impl Request {
    pub(super) fn operation(&self) -> u8 {
        self.words[0] as u8
    }

    /// How many bytes, parts or buffers.
    pub(super) fn len(&self) -> usize {
        self.words[3] as u32 as usize
    }

    /// The number in the place of the file's.
    pub(super) fn file(&self) -> i32 {
        (self.words[0] >> 32) as i32
    }

    /// Where the kernel reads or writes.
    pub(super) fn address<T>(&self) -> *const T {
        core::ptr::with_exposed_provenance(self.words[2] as usize)
    }

    /// All that may be an address, but for what the program gets back with the completion.
    pub(super) fn addresses(&self) -> impl Iterator<Item = *const u8> {
        let others = self.words.iter().skip(5);
        let first = [self.words[1], self.words[2]];
        let all = first.into_iter().chain(others.copied());
        all.map(|word| without_provenance(word as usize))
    }
}

impl Ring {
    pub(super) fn file(&self) -> i32 {
        self.file
    }

    /// Whether requests may be taken without a call that says so, or have a form that is not known.
    pub(super) fn takes_by_itself(&self) -> bool {
        self.flags & (POLLED | !KNOWN) != 0
    }

    /// Lets `act` see the requests that the kernel has not taken yet.
    ///
    /// # Safety
    /// The ring is one of liburing's, and in use by the calling thread.
    pub(super) unsafe fn each_request(&self, mut act: impl FnMut(&Request)) {
        let queue = &self.requests;
        // Acquire: as liburing does. What lies before it may be overwritten by now.
        // SAFETY: liburing keeps it mapped as long as the ring is in use (contract).
        let head = unsafe { &*queue.head }.load(Ordering::Acquire);
        // SAFETY: mapped as long as the ring is in use (contract), and never written again.
        let mask = unsafe { *queue.mask };
        let large = self.flags & LARGE != 0;
        let stride = if large { 2 * WORDS } else { WORDS };
        let waiting = queue.own_tail.wrapping_sub(head).min(mask.wrapping_add(1));
        for index in 0..waiting {
            let place = (head.wrapping_add(index) & mask) as usize * stride;
            let mut request = Request {
                words: [0; 2 * WORDS],
            };
            let from = queue.requests.wrapping_add(place);
            for (word, offset) in request.words.iter_mut().zip(0..stride) {
                // SAFETY: the kernel has made room for so many requests of this size, which are numbered by the mask.
                *word = unsafe { from.wrapping_add(offset).read() };
            }
            act(&request);
        }
    }
}
