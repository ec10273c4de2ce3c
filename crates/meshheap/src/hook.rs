//! A function that somebody above has given.

use core::marker::PhantomData;
use core::ptr::null_mut;
use core::sync::atomic::{AtomicPtr, Ordering};

/// A function of type `F`, a function pointer, or none yet.
pub(crate) struct Hook<F> {
    function: AtomicPtr<()>,
    kind: PhantomData<F>,
}

impl<F: Copy> Hook<F> {
    const IS_A_POINTER: () = assert!(size_of::<F>() == size_of::<*mut ()>());

    pub(crate) const fn none() -> Self {
        let () = Self::IS_A_POINTER;
        Self {
            function: AtomicPtr::new(null_mut()),
            kind: PhantomData,
        }
    }

    /// Sets it.
    pub(crate) fn set(&self, function: F) {
        // SAFETY: a function pointer, as large as this one (checked above).
        let function = unsafe { core::mem::transmute_copy::<F, *mut ()>(&function) };
        self.function.store(function, Ordering::Release);
    }

    pub(crate) fn get(&self) -> Option<F> {
        let function = self.function.load(Ordering::Acquire);
        // SAFETY: only `set` writes it, and functions of this type.
        (!function.is_null()).then(|| unsafe { core::mem::transmute_copy::<*mut (), F>(&function) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_set_is_got() {
        let hook = Hook::<fn(u64) -> u64>::none();
        assert!(hook.get().is_none());
        hook.set(|number| number + 1);
        assert_eq!(hook.get().map(|function| function(1)), Some(2));
    }
}
