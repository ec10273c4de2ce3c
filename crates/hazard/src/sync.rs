//! The primitives, which the model checker can replace.

#[cfg(not(loom))]
pub(crate) use core::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, AtomicUsize, fence};
#[cfg(loom)]
pub(crate) use loom::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, AtomicUsize, fence};

pub(crate) use core::sync::atomic::{Ordering, compiler_fence};

/// A function that is constant, except under the model checker, whose atomics are made at run time.
macro_rules! const_unless_loom {
    ($(#[$meta:meta])* $vis:vis fn $name:ident() -> $result:ty $body:block) => {
        $(#[$meta])*
        #[cfg(not(loom))]
        $vis const fn $name() -> $result $body

        $(#[$meta])*
        #[cfg(loom)]
        $vis fn $name() -> $result $body
    };
}
pub(crate) use const_unless_loom;

/// An array of one value each, made as the attribute above permits.
macro_rules! array {
    ($value:expr; $len:expr) => {{
        #[cfg(not(loom))]
        {
            [const { $value }; $len]
        }
        #[cfg(loom)]
        {
            core::array::from_fn(|_| $value)
        }
    }};
}
pub(crate) use array;
