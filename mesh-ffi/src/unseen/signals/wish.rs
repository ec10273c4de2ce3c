//! An action, in few words: the C library's form of it has room for sixteen times as many signals as there are, and calls of the
//! program's that come here may have little stack.

use core::mem::MaybeUninit;
use core::ptr::{from_ref, null};

use libc::{c_int, sigaction as Action, sighandler_t};

use crate::ground::next::next;
use crate::ground::signal_set::{of_word, word};

next!(fn next_sigaction = c"sigaction"(signal: c_int, new: *const Action, old: *mut Action) -> c_int);

/// What is wanted to happen on a signal.
#[derive(Clone, Copy)]
pub(super) struct Wish {
    pub(super) handler: sighandler_t,
    pub(super) flags: c_int,
    /// The word of the mask.
    pub(super) mask: u64,
    restorer: Option<extern "C" fn()>,
}

impl Wish {
    /// The default action without flags.
    pub(super) const DEFAULT: Self = Self::new(libc::SIG_DFL, 0, 0);

    pub(super) const fn new(handler: sighandler_t, flags: c_int, mask: u64) -> Self {
        Self {
            handler,
            flags,
            mask,
            restorer: None,
        }
    }

    /// The action at `place`; `None` for null.
    ///
    /// # Safety
    /// `place` is null or valid for a read.
    pub(super) unsafe fn read(place: *const Action) -> Option<Self> {
        // SAFETY: the same contract.
        unsafe { place.as_ref() }.map(|action| Self {
            handler: action.sa_sigaction,
            flags: action.sa_flags,
            mask: word(&action.sa_mask),
            restorer: action.sa_restorer,
        })
    }

    /// Writes the action to `place`, unless that is null.
    ///
    /// # Safety
    /// `place` is null or valid for a write.
    #[inline(never)]
    pub(super) unsafe fn write(self, place: *mut Action) {
        if !place.is_null() {
            // SAFETY: the same contract.
            unsafe { place.write(self.action()) };
        }
    }

    fn action(self) -> Action {
        let action = MaybeUninit::<Action>::zeroed();
        // SAFETY: zeros are valid for every field.
        let mut action = unsafe { action.assume_init() };
        action.sa_sigaction = self.handler;
        action.sa_flags = self.flags;
        action.sa_mask = of_word(self.mask);
        action.sa_restorer = self.restorer;
        action
    }

    /// Whether it is a function of the program.
    pub(super) fn is_function(self) -> bool {
        !matches!(self.handler, libc::SIG_DFL | libc::SIG_IGN)
    }

    /// Whether it is a function that is wanted for one signal only.
    pub(super) fn is_for_once(self) -> bool {
        self.is_function() && self.flags & libc::SA_RESETHAND != 0
    }

    /// What is left of such a one behind the signal.
    pub(super) fn reset(self) -> Self {
        Self {
            handler: libc::SIG_DFL,
            ..self
        }
    }
}

/// Asks the C library for `new`, if that is something; returns what was there before, or `None` with `errno`.
#[inline(never)]
pub(super) fn exchange(signal: c_int, new: Option<&Wish>) -> Option<Wish> {
    let new = new.map(|wish| wish.action());
    let mut before = MaybeUninit::<Action>::zeroed();
    let wanted = new.as_ref().map_or(null(), from_ref);
    // SAFETY: both actions live across the call.
    if unsafe { next_sigaction(signal, wanted, before.as_mut_ptr()) } != 0 {
        return None;
    }
    // SAFETY: zeros are valid for every field, and the call wrote a whole action.
    unsafe { Wish::read(before.as_ptr()) }
}
