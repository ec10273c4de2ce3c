//! What never changes, in few bytes.

use core::ffi::CStr;

use super::value::Value;

/// A value that is always the same.
#[derive(Clone, Copy)]
pub(super) enum Constant {
    Bool(bool),
    Size(u32),
    Signed(i8),
    Count(u8),
    Unsigned(u16),
    Text(Word),
}

/// A text.
#[derive(Clone, Copy)]
pub(super) enum Word {
    Nothing,
    Disabled,
    False,
    Free,
    Version,
}

#[cfg(not(jemalloc_names))]
const VERSION: &CStr = terminated(concat!(env!("CARGO_PKG_VERSION"), "\0"));

/// Programs read from it what the functions of jemalloc's names do.
#[cfg(jemalloc_names)]
const VERSION: &CStr = terminated(concat!("5.3.0-mesh-", env!("CARGO_PKG_VERSION"), "\0"));

const fn terminated(text: &str) -> &CStr {
    match CStr::from_bytes_with_nul(text.as_bytes()) {
        Ok(text) => text,
        Err(_) => c"",
    }
}

impl Constant {
    pub(super) fn value(self) -> Value {
        match self {
            Self::Bool(value) => Value::Bool(value),
            Self::Size(value) => Value::Size(value as usize),
            Self::Signed(value) => Value::Signed(value.into()),
            Self::Count(value) => Value::Count(value.into()),
            Self::Unsigned(value) => Value::Unsigned(value.into()),
            Self::Text(word) => Value::Text(match word {
                Word::Nothing => c"",
                Word::Disabled => c"disabled",
                Word::False => c"false",
                Word::Free => c"free",
                Word::Version => VERSION,
            }),
        }
    }
}
