//! What a system call may write to.

use core::ffi::c_int;

use globalheap::tuning::LARGEST_MESHED;
use hazard::Pages;
use heap::{ClassMap, PageCount, Run};
use libc::{iovec, mmsghdr, msghdr};
use miniheap::SpanClasses;

use crate::peek::{Peeked, peek};
use crate::process::HEAP;

/// Ranges that a call publishes at most. What lies in more places is published as a range that has several in it.
pub(crate) const MOST: usize = 4;

/// The parts of vectors and messages that are looked at; a call with more names everything.
const MOST_PARTS: usize = 1024;

/// Pages of small objects that a call may write to. Nothing else is ever protected.
#[derive(Clone, Copy)]
pub(crate) struct Written {
    ranges: [Pages; MOST],
    count: usize,
}

/// The pages of the small object at `at`, as far as `len` bytes reach; `None` for all other memory.
#[inline(always)]
fn pages_of(at: usize, len: usize) -> Option<Pages> {
    let labels = HEAP.global().labels();
    let first = labels.page_at(at)?;
    let (class, _) = labels.label(first).as_small()?;
    // The buffer is part of an object: bytes beyond it are somebody else's, whatever the program says.
    let len = len.clamp(1, SpanClasses::object_size(class));
    let last = labels.page_at(at + len - 1).unwrap_or(first);
    Some(Pages::of(Run {
        first,
        pages: PageCount((last.0 - first.0) as u32 + 1),
    }))
}

/// Whether an object that may be meshed is at `at`.
pub(crate) fn is_meshed<T>(at: *const T) -> bool {
    let labels = HEAP.global().labels();
    let page = labels.page_at(at.addr());
    page.and_then(|page| labels.label(page).as_small())
        .is_some_and(|(class, _)| SpanClasses::object_size(class) <= LARGEST_MESHED)
}

impl Written {
    /// Nothing in the heap.
    pub(crate) const NOTHING: Self = Self {
        ranges: [Pages::NONE; MOST],
        count: 0,
    };

    /// Whether no small object is written to.
    #[inline(always)]
    pub(crate) fn is_nothing(&self) -> bool {
        self.count == 0
    }

    /// The ranges.
    pub(crate) fn ranges(&self) -> &[Pages] {
        self.ranges.get(..self.count).unwrap_or(&self.ranges)
    }

    /// `len` bytes at `at` as well.
    #[inline(always)]
    pub(crate) fn bytes<T>(self, at: *const T, len: usize) -> Self {
        match pages_of(at.addr(), len) {
            Some(pages) if len > 0 => self.and(pages),
            _ => self,
        }
    }

    /// The value at `at` as well, if there is one; it ends where its object ends, at the latest.
    #[inline(always)]
    pub(crate) fn object<T>(self, at: *const T) -> Self {
        self.bytes(at, usize::MAX)
    }

    /// All of the heap.
    pub(crate) fn everything(self) -> Self {
        self.and(Pages::ALL)
    }

    fn and(mut self, pages: Pages) -> Self {
        let filled = self.count;
        let known = self.ranges.iter_mut().take(filled);
        for range in known {
            if range.meets(pages) {
                *range = range.hull(pages);
                return self;
            }
        }
        match self.ranges.get_mut(filled) {
            Some(place) => {
                *place = pages;
                self.count += 1;
            }
            None => {
                let last = &mut self.ranges[MOST - 1];
                *last = last.hull(pages);
            }
        }
        self
    }

    /// The parts that the vector at `parts` names as well.
    pub(crate) fn vector(self, parts: *const iovec, count: c_int) -> Self {
        self.parts(parts, usize::try_from(count).unwrap_or(0))
    }

    fn parts(mut self, parts: *const iovec, count: usize) -> Self {
        if count > MOST_PARTS {
            return self.everything();
        }
        for index in 0..count {
            match peek(parts.wrapping_add(index)) {
                Peeked::Value(part) => self = self.bytes(part.iov_base, part.iov_len),
                Peeked::Bad => return self,
                Peeked::Hidden => return self.everything(),
            }
        }
        self
    }

    /// What receiving into the message at `message` writes to as well: its parts, its buffers, and itself.
    pub(crate) fn message(self, message: *const msghdr) -> Self {
        match peek(message) {
            Peeked::Value(header) => self
                .parts(header.msg_iov, header.msg_iovlen)
                .bytes(header.msg_name, header.msg_namelen as usize)
                .bytes(header.msg_control, header.msg_controllen)
                .object(message),
            Peeked::Bad => self,
            Peeked::Hidden => self.everything(),
        }
    }

    /// The same for several messages.
    pub(crate) fn messages(mut self, messages: *const mmsghdr, count: usize) -> Self {
        if count > MOST_PARTS {
            return self.everything();
        }
        for index in 0..count {
            // The header comes first.
            self = self.message(messages.wrapping_add(index).cast());
        }
        self
    }
}
