//! Values and their C types.

use core::ffi::{CStr, c_char, c_int, c_void};

/// A value of one of the types that names have.
#[derive(Clone, Copy)]
pub(crate) enum Value {
    /// `size_t`.
    Size(usize),
    /// `ssize_t` and `int64_t`.
    Signed(i64),
    /// `uint64_t`.
    Count(u64),
    /// `unsigned` and `uint32_t`.
    Unsigned(u32),
    /// `bool`.
    Bool(bool),
    /// `const char *`.
    Text(&'static CStr),
}

impl Value {
    /// The bytes that C has for it, and how many of these count.
    fn bytes(self) -> ([u8; 8], usize) {
        match self {
            Self::Size(value) => (value.to_ne_bytes(), 8),
            Self::Signed(value) => (value.to_ne_bytes(), 8),
            Self::Count(value) => (value.to_ne_bytes(), 8),
            Self::Unsigned(value) => (u64::from(value).to_ne_bytes(), 4),
            Self::Bool(value) => (u64::from(value).to_ne_bytes(), 1),
            Self::Text(value) => (value.as_ptr().expose_provenance().to_ne_bytes(), 8),
        }
    }

    /// Another value of the same type, which has the bytes `new`.
    fn with(self, new: u64) -> Result<Self, c_int> {
        Ok(match self {
            Self::Size(_) => Self::Size(new as usize),
            Self::Signed(_) => Self::Signed(new.cast_signed()),
            Self::Count(_) => Self::Count(new),
            Self::Unsigned(_) => Self::Unsigned(new as u32),
            Self::Bool(_) if new <= 1 => Self::Bool(new == 1),
            Self::Bool(_) => return Err(libc::EINVAL),
            Self::Text(_) => return Err(libc::EPERM),
        })
    }
}

/// What the caller of `mallctl` gave besides the name.
pub(super) struct Exchange {
    pub(super) old: *mut c_void,
    pub(super) old_size: *mut usize,
    pub(super) new: *const c_void,
    pub(super) new_size: usize,
}

/// What the caller gave is valid: `old_size` is null or valid for a read and a write, `old` null or valid for writes of
/// `*old_size` bytes, `new` null or valid for reads of `new_size` bytes.
impl Exchange {
    /// EPERM if something is to be set.
    pub(super) fn sets_nothing(&self) -> Result<(), c_int> {
        let nothing = self.new.is_null() && self.new_size == 0;
        if nothing { Ok(()) } else { Err(libc::EPERM) }
    }

    /// EPERM if something is to be read.
    pub(super) fn reads_nothing(&self) -> Result<(), c_int> {
        let nothing = self.old.is_null() && self.old_size.is_null();
        if nothing { Ok(()) } else { Err(libc::EPERM) }
    }

    /// Writes `value` to its place, if there is one. Where that has another size than the type, as many bytes are written as both
    /// have, the caller is told their number, and it is EINVAL.
    ///
    /// # Safety
    /// What the caller gave is valid.
    pub(super) unsafe fn answer(&self, value: Value) -> Result<(), c_int> {
        if self.old.is_null() || self.old_size.is_null() {
            return Ok(());
        }
        let (bytes, size) = value.bytes();
        // SAFETY: valid for a read (contract).
        let room = unsafe { self.old_size.read() };
        let written = room.min(size);
        for (offset, &byte) in bytes[..written].iter().enumerate() {
            let place = self.old.cast::<u8>().wrapping_add(offset);
            // SAFETY: one of `room` bytes that are valid for writes (contract).
            unsafe { place.write(byte) };
        }
        if room == size {
            return Ok(());
        }
        // SAFETY: valid for a write (contract).
        unsafe { self.old_size.write(written) };
        Err(libc::EINVAL)
    }

    /// The same, but nothing is written where there is no place of the right size.
    ///
    /// # Safety
    /// What the caller gave is valid.
    pub(super) unsafe fn answer_whole(
        &self,
        value: impl FnOnce() -> Result<Value, c_int>,
        size: usize,
    ) -> Result<(), c_int> {
        if self.old_size.is_null() {
            return Err(libc::EINVAL);
        }
        // SAFETY: valid for a read (contract).
        if self.old.is_null() || unsafe { self.old_size.read() } != size {
            // SAFETY: valid for a write (contract).
            unsafe { self.old_size.write(0) };
            return Err(libc::EINVAL);
        }
        let value = value()?;
        // SAFETY: the same contract.
        unsafe { self.answer(value) }
    }

    /// The new value, of the type of `kind`; EINVAL where it has another size, or is none of the type's.
    ///
    /// # Safety
    /// What the caller gave is valid.
    pub(super) unsafe fn given(&self, kind: Value) -> Result<Option<Value>, c_int> {
        if self.new.is_null() {
            return Ok(None);
        }
        let (_, size) = kind.bytes();
        if self.new_size != size {
            return Err(libc::EINVAL);
        }
        let mut bytes = [0; 8];
        for (offset, byte) in bytes[..size].iter_mut().enumerate() {
            let place = self.new.cast::<u8>().wrapping_add(offset);
            // SAFETY: one of `new_size` bytes that are valid for reads (contract).
            *byte = unsafe { place.read() };
        }
        kind.with(u64::from_ne_bytes(bytes)).map(Some)
    }

    /// The C string whose address is to be set; EINVAL when that has another size, or there is no string.
    ///
    /// # Safety
    /// As for [`given_text_or_null`](Self::given_text_or_null).
    pub(super) unsafe fn given_text<'a>(&self) -> Result<&'a CStr, c_int> {
        // SAFETY: the same contract.
        unsafe { self.given_text_or_null() }?.ok_or(libc::EINVAL)
    }

    /// The C string whose address is to be set, if one is; EINVAL when that has another size.
    ///
    /// # Safety
    /// What the caller gave is valid; what `new` points to is null or a C string, for as long as the result is used.
    pub(super) unsafe fn given_text_or_null<'a>(&self) -> Result<Option<&'a CStr>, c_int> {
        // SAFETY: the same contract.
        let Some(Value::Size(address)) = unsafe { self.given(Value::Size(0)) }? else {
            return Ok(None);
        };
        let text = core::ptr::with_exposed_provenance::<c_char>(address);
        // SAFETY: a C string (contract).
        Ok((!text.is_null()).then(|| unsafe { CStr::from_ptr(text) }))
    }
}
