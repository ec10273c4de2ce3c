//! Lines on standard error, put together without allocation. Their code is not in each of the functions that say something.

use core::ffi::CStr;

use crate::ground::write::write;

/// Bytes of a line; what is longer is cut.
const LENGTH: usize = 240;

/// One line, `mesh: …`.
pub(crate) struct Line {
    bytes: [u8; LENGTH],
    len: usize,
}

impl Line {
    pub(crate) fn new() -> Self {
        let mut line = Self {
            bytes: [0; LENGTH],
            len: 0,
        };
        line.text("mesh: ");
        line
    }

    /// An empty line, without the name in front.
    pub(crate) fn bare() -> Self {
        Self {
            bytes: [0; LENGTH],
            len: 0,
        }
    }

    pub(crate) fn text(&mut self, text: &str) -> &mut Self {
        self.raw(text.as_bytes())
    }

    #[inline(never)]
    pub(crate) fn raw(&mut self, text: &[u8]) -> &mut Self {
        // One byte stays free for the end of the line.
        for &byte in text {
            if let Some(place) = self.bytes[..LENGTH - 1].get_mut(self.len) {
                *place = byte;
                self.len += 1;
            }
        }
        self
    }

    pub(crate) fn number(&mut self, value: usize) -> &mut Self {
        self.digits(value, 10)
    }

    pub(crate) fn address(&mut self, value: usize) -> &mut Self {
        self.text("0x").digits(value, 16)
    }

    /// All sixteen digits of a word, to base 16.
    pub(crate) fn word(&mut self, value: u64) -> &mut Self {
        for shift in (0..16).rev() {
            let digit = (value >> (4 * shift)) as usize & 0xf;
            self.raw(&b"0123456789abcdef"[digit..=digit]);
        }
        self
    }

    /// What the line says so far.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    #[inline(never)]
    fn digits(&mut self, value: usize, base: usize) -> &mut Self {
        let mut digits = [0; 20];
        let (mut rest, mut first) = (value, digits.len());
        loop {
            first -= 1;
            digits[first] = b"0123456789abcdef"[rest % base];
            rest /= base;
            if rest == 0 {
                break;
            }
        }
        self.raw(&digits[first..])
    }

    /// The line as a C string, with the end of the line.
    #[inline(never)]
    pub(crate) fn terminated(&mut self) -> &CStr {
        let end = self.len.min(LENGTH - 2);
        self.bytes[end] = b'\n';
        self.bytes[end + 1] = 0;
        CStr::from_bytes_until_nul(&self.bytes).unwrap_or(c"\n")
    }

    /// Prints the line. Nobody can be told if that fails.
    pub(crate) fn print(&mut self) {
        self.bytes[self.len] = b'\n';
        let bytes = &self.bytes[..=self.len];
        let _ = write(libc::STDERR_FILENO as usize, bytes);
    }
}
