//! What a system call may write to.

use core::ffi::c_int;

use hazard::Pages;
use heap::{ClassMap, PageCount, Run};
use libc::{iovec, mmsghdr, msghdr};
use miniheap::SpanClasses;

use crate::ground::heap::HEAP;
use crate::ground::reach::{is_guarded, peek};

/// Ranges that a call publishes at most. What lies in more places is published as a range that has several in it.
pub(crate) const MOST: usize = 4;

/// The parts of vectors and messages that are looked at; a call with more names everything.
const MOST_PARTS: usize = 1024;

/// Parts of a vector that are looked at together.
const AT_ONCE: usize = 8;

/// Pages of objects that may be meshed to which a call may write. Nothing else is ever protected.
#[derive(Clone, Copy)]
pub(crate) struct Written {
    ranges: [Pages; MOST],
    count: usize,
}

/// The pages of the object at `at` that may be meshed, as far as `len` bytes reach; `None` for all other memory.
fn pages_of(at: usize, len: usize) -> Option<Pages> {
    let labels = HEAP.global().labels();
    let first = labels.page_at(at)?;
    let (class, _) = labels.label(first).as_small()?;
    if !SpanClasses::may_be_meshed(class) {
        return None;
    }
    // The buffer is part of an object: bytes beyond it are somebody else's, whatever the program says.
    let len = len.clamp(1, SpanClasses::object_size(class));
    let last = labels.page_at(at + len - 1).unwrap_or(first);
    Some(Pages::of(Run {
        first,
        pages: PageCount((last.0 - first.0) as u32 + 1),
    }))
}

/// The size of the object at `at`, or around it, if it may be meshed; `None` for all other memory.
pub(crate) fn meshed_object(at: usize) -> Option<usize> {
    let labels = HEAP.global().labels();
    let (class, _) = labels.label(labels.page_at(at)?).as_small()?;
    SpanClasses::may_be_meshed(class).then(|| SpanClasses::object_size(class))
}

/// Whether an object that may be meshed is at `at`.
pub(crate) fn is_meshed<T>(at: *const T) -> bool {
    meshed_object(at.addr()).is_some()
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
    pub(crate) fn bytes<T>(mut self, at: *const T, len: usize) -> Self {
        self.add_bytes(at.addr(), len);
        self
    }

    /// [`bytes`](Self::bytes), apart from the many functions that receive.
    #[inline(never)]
    fn add_bytes(&mut self, at: usize, len: usize) {
        if len > 0
            && let Some(pages) = pages_of(at, len)
        {
            self.add(pages);
        }
    }

    /// `count` values at `at` as well.
    pub(crate) fn array<T>(self, at: *const T, count: usize) -> Self {
        self.bytes(at, count.saturating_mul(size_of::<T>()))
    }

    /// `count` values at `at` as well, of which the program says how many in an `int`.
    pub(crate) fn counted<T>(self, at: *const T, count: c_int) -> Self {
        self.array(at, usize::try_from(count).unwrap_or(0))
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

    #[inline(always)]
    fn and(mut self, pages: Pages) -> Self {
        self.add(pages);
        self
    }

    /// [`and`](Self::and).
    fn add(&mut self, pages: Pages) {
        let filled = self.count;
        // The newest first: parts of a vector are neighbours more often than not.
        let known = self.ranges.iter_mut().take(filled).rev();
        for range in known {
            if range.meets(pages) {
                *range = range.hull(pages);
                return;
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
    }

    /// The parts that the vector at `parts` names as well.
    pub(crate) fn vector(self, parts: *const iovec, count: c_int) -> Self {
        self.parts(parts, usize::try_from(count).unwrap_or(0))
    }

    fn parts(mut self, parts: *const iovec, count: usize) -> Self {
        if count > MOST_PARTS || !is_guarded() {
            return self.everything();
        }
        let mut index = 0;
        // Several at a time: the looks at where they are would take longer than the looks at what they say.
        while let Some(some) = (index + AT_ONCE <= count)
            .then(|| peek::<[iovec; AT_ONCE]>(parts.wrapping_add(index).cast()))
        {
            // Nothing is received where one part of a vector is not there.
            let Some(some) = some else {
                return self;
            };
            for part in some {
                self = self.bytes(part.iov_base, part.iov_len);
            }
            index += AT_ONCE;
        }
        for index in index..count {
            let Some(part) = peek(parts.wrapping_add(index)) else {
                return self;
            };
            self = self.bytes(part.iov_base, part.iov_len);
        }
        self
    }

    /// What receiving into the message at `message` writes to as well: its parts, its buffers, and itself.
    pub(crate) fn message(self, message: *const msghdr) -> Self {
        if !is_guarded() {
            return self.everything();
        }
        let Some(header) = peek(message) else {
            return self;
        };
        self.parts(header.msg_iov, header.msg_iovlen)
            .bytes(header.msg_name, header.msg_namelen as usize)
            .bytes(header.msg_control, header.msg_controllen)
            .object(message)
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
