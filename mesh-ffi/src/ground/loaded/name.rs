//! Names of symbols, with the hashes by which they are found.

use core::ffi::CStr;

/// A name that is looked for.
#[derive(Clone, Copy)]
pub(crate) struct Name {
    text: &'static CStr,
    pub(super) hash: u32,
}

impl Name {
    pub(crate) const fn text(self) -> &'static CStr {
        self.text
    }

    pub(crate) const fn new(text: &'static CStr) -> Self {
        let (mut hash, mut at) = (5381_u32, 0);
        while at < text.to_bytes().len() {
            hash = hash
                .wrapping_mul(33)
                .wrapping_add(text.to_bytes()[at] as u32);
            at += 1;
        }
        Self { text, hash }
    }

    /// The name itself.
    pub(crate) fn bytes(self) -> &'static [u8] {
        self.text.to_bytes()
    }

    /// The hash of the older table.
    pub(super) fn old_hash(self) -> u32 {
        self.text.to_bytes().iter().fold(0, |hash: u32, &byte| {
            let hash = (hash << 4).wrapping_add(u32::from(byte));
            let high = hash & 0xf000_0000;
            (hash ^ high >> 24) & !high
        })
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash && self.bytes() == other.bytes()
    }
}
