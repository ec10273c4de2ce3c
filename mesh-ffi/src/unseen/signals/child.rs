//! What a child that shares our memory wants to happen on SIGSEGV.
//!
//! The child of a `vfork` has actions of its own in the kernel, but would write to the wishes of its parent here. Its own wish is kept
//! in the block of the thread that it runs on, whose owner waits for it to end.

use core::mem::MaybeUninit;

use libc::sigaction as Action;

use crate::ground::signal_set::{of_word, word};
use crate::ground::tls::{self, ChildWish};
use crate::ground::{process, system};

/// A process that shares its parent's memory.
#[derive(Clone, Copy)]
pub(super) struct Child {
    process: i32,
}

impl Child {
    /// This process, if it is one.
    pub(super) fn here() -> Option<Self> {
        (!process::is_ours()).then(|| Self {
            process: system::process_number(),
        })
    }

    /// What it wants, if that is not what its parent wanted when it began.
    pub(super) fn wish(self) -> Option<Action> {
        let wish = tls::child_wish();
        (wish.process == self.process).then(|| {
            let mut action = MaybeUninit::<Action>::zeroed();
            // SAFETY: zeros are valid for every field.
            let action = unsafe { action.assume_init_mut() };
            action.sa_sigaction = wish.handler;
            action.sa_flags = wish.flags;
            action.sa_mask = of_word(wish.mask);
            *action
        })
    }

    /// Keeps what it wants.
    pub(super) fn set_wish(self, action: &Action) {
        tls::set_child_wish(ChildWish {
            process: self.process,
            handler: action.sa_sigaction,
            flags: action.sa_flags,
            mask: word(&action.sa_mask),
        });
    }
}
