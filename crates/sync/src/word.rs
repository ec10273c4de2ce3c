//! Entries of tables.

use crate::atomic::{AtomicU32, Ordering};
use crate::const_unless_loom;

/// A word that is changed under a lock, or by the one thread that it names, and read without it. Whoever else changes it says what he
/// expects it to be.
///
/// Who reads it may see an older value, unless something else orders the two. A thread always sees what it wrote itself, which
/// is all that the owner of a span needs: it alone writes its own number, and takes it away again.
#[derive(Debug)]
#[repr(transparent)]
pub struct Word(AtomicU32);

impl Word {
    const_unless_loom! {
        /// A word with the value zero, like memory that comes from the system.
        pub fn zero() -> Self {
            Self(AtomicU32::new(0))
        }
    }

    /// The value, or an older one.
    #[inline(always)]
    pub fn read(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }

    /// Changes the value; the caller holds the lock, or is the thread that the value names.
    #[inline(always)]
    pub fn write(&self, value: u32) {
        self.0.store(value, Ordering::Relaxed);
    }

    /// Changes the value if it is still `old`; whoever changes it meanwhile comes first.
    #[inline]
    pub fn exchange(&self, old: u32, new: u32) {
        let relaxed = Ordering::Relaxed;
        let _ = self.0.compare_exchange(old, new, relaxed, relaxed);
    }

    /// Sets bits, whoever changes the word meanwhile. Who writes a value that was made of an older one takes them away again.
    #[inline]
    pub fn set_bits(&self, bits: u32) {
        self.0.fetch_or(bits, Ordering::Relaxed);
    }
}
