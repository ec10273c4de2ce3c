//! Where lines go that are more than one message: standard error, a buffer, or a function of the program's.

use core::ffi::c_char;
#[cfg(jemalloc_names)]
use core::ffi::c_void;

use crate::ground::line::Line;

/// A place for lines.
pub(crate) enum Output {
    StandardError,
    Buffer(Buffer),
    #[cfg(jemalloc_names)]
    Function(Function),
}

/// Bytes of the program's, of which the last one is kept for a zero byte.
pub(crate) struct Buffer {
    place: *mut c_char,
    size: usize,
    /// How many bytes there were so far, those without room included.
    len: usize,
}

/// A function that is called with each line. It may allocate.
#[cfg(jemalloc_names)]
pub(crate) struct Function {
    pub(crate) write: unsafe extern "C" fn(*mut c_void, *const c_char),
    pub(crate) argument: *mut c_void,
}

impl Output {
    /// Writes a line. The calling thread is outside of the heap.
    pub(crate) fn line(&mut self, line: &mut Line) {
        match self {
            Self::StandardError => line.print(),
            Self::Buffer(buffer) => buffer.add(line),
            #[cfg(jemalloc_names)]
            Self::Function(function) => {
                // SAFETY: the program's function (contract of the one that made this), and a C string.
                unsafe { (function.write)(function.argument, line.terminated().as_ptr()) };
            }
        }
    }
}

impl Buffer {
    /// # Safety
    /// `place` is valid for writes of `size` bytes as long as this is used.
    pub(crate) unsafe fn new(place: *mut c_char, size: usize) -> Self {
        Self {
            place,
            size,
            len: 0,
        }
    }

    fn add(&mut self, line: &mut Line) {
        for &byte in line.terminated().to_bytes() {
            if self.len + 1 < self.size {
                // SAFETY: one of the buffer's bytes.
                unsafe { self.place.wrapping_add(self.len).write(byte as c_char) };
            }
            self.len += 1;
        }
    }

    /// Writes the zero byte; returns how many bytes there are before it, or would be if all had room.
    pub(crate) fn end(self) -> usize {
        if let Some(last) = self.size.checked_sub(1) {
            let end = self.place.wrapping_add(self.len.min(last));
            // SAFETY: one of the buffer's bytes.
            unsafe { end.write(0) };
        }
        self.len
    }
}
