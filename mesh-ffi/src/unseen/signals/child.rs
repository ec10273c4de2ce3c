//! What a child that shares our memory wants to happen on SIGSEGV.
//!
//! The child of a `vfork` has actions of its own in the kernel, but would write to the wishes of its parent here. Its own wish is kept
//! in the block of the thread that it runs on, whose owner waits for it to end.

use super::wish::Wish;
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
    pub(super) fn wish(self) -> Option<Wish> {
        let wish = tls::child_wish();
        let is_its_own = wish.process == self.process;
        is_its_own.then(|| Wish::new(wish.handler, wish.flags, wish.mask))
    }

    /// Keeps what it wants.
    pub(super) fn set_wish(self, wish: Wish) {
        tls::set_child_wish(ChildWish {
            process: self.process,
            handler: wish.handler,
            flags: wish.flags,
            mask: wish.mask,
        });
    }
}
