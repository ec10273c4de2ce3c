//! The `userfaultfd` of one process.
//!
//! A program may close the descriptor, on purpose or because it closes all it finds, while a mesh is under way. Then
//! nothing must become writable before the mesh has ended. So before anything is protected the file behind the descriptor
//! is held in another way ([`Hold`]), and:
//!
//! | the descriptor was closed | what happens |
//! |---|---|
//! | while nothing is protected | it is noticed when it is needed next; `mprotect` from then on |
//! | while runs are protected | they stay so; runs that are not yet are protected by `mprotect`; the hold goes when the barrier ends, and with it all protection; who waits goes on then |
//!
//! The number is compared with what it stood for before each use, so what the program has opened there since is left alone.

use core::ptr::NonNull;

use super::{BarrierTier, Why};
use crate::os::{Errno, Hold, Os, Userfault};

pub(crate) struct Watch {
    state: State,
    hold: Option<Hold>,
    /// Addresses from the first to behind the last where a writer may have gone to sleep after it was woken.
    late: Option<(usize, usize)>,
}

#[derive(Clone, Copy)]
enum State {
    Absent(Why),
    /// To be opened before anything is protected.
    Pending,
    Open(Userfault),
}

/// Start and length in bytes.
pub(super) type Range = (NonNull<u8>, usize);

impl Watch {
    pub(crate) const fn new() -> Self {
        Self {
            state: State::Absent(Why::NotAsked),
            hold: None,
            late: None,
        }
    }

    /// Opens a descriptor, and registers `arena` with it, unless that was done.
    pub(crate) fn open<O: Os>(&mut self, os: &O, arena: Range) {
        if matches!(self.state, State::Open(_)) {
            return;
        }
        self.state = match os.open_userfault() {
            Ok(userfault) => {
                // SAFETY: the whole range is the arena's.
                match unsafe { os.register(&userfault, arena.0, arena.1) } {
                    Ok(()) => State::Open(userfault),
                    Err(error) => {
                        os.close_userfault(&userfault);
                        State::Absent(error.into())
                    }
                }
            }
            Err(error) => State::Absent(error.into()),
        };
    }

    /// Whether the arena is registered.
    pub(crate) fn is_open(&self) -> bool {
        matches!(self.state, State::Open(_))
    }

    /// Closes the descriptor while nothing is protected.
    pub(crate) fn close<O: Os>(&mut self, os: &O) {
        self.give_up(os, Why::NotAsked);
        self.settle(os);
    }

    /// In a child: the descriptor acts on the parent. It is closed; the child opens its own when it needs one.
    pub(crate) fn leave_parent<O: Os>(&mut self, os: &O) {
        if let State::Open(userfault) = self.state {
            os.close_userfault(&userfault);
            // The hold was not inherited.
            *self = Self {
                state: State::Pending,
                ..Self::new()
            };
        }
    }

    /// What is in use.
    pub(crate) fn tier<O: Os>(&mut self, os: &O) -> BarrierTier {
        let _ = self.usable(os);
        match self.state {
            State::Absent(why) => BarrierTier::Mprotect(why),
            State::Pending | State::Open(_) => BarrierTier::Userfaultfd,
        }
    }

    /// The descriptor, if it is there.
    fn usable<O: Os>(&mut self, os: &O) -> Option<Userfault> {
        let State::Open(userfault) = self.state else {
            return None;
        };
        // In a process that shares our memory, or has a copy of it without having gone through a fork of ours, the number
        // is not ours to use, nor is it lost.
        if !os.is_ours(&userfault) {
            return None;
        }
        if !os.is_open(&userfault) {
            self.state = State::Absent(Why::Closed);
            return None;
        }
        Some(userfault)
    }

    fn give_up<O: Os>(&mut self, os: &O, why: Why) {
        if let State::Open(userfault) = self.state {
            os.close_userfault(&userfault);
        }
        self.state = State::Absent(why);
    }

    /// At the end of a barrier: a descriptor that was closed meanwhile lets go of everything now.
    pub(crate) fn settle<O: Os>(&mut self, os: &O) {
        let usable = self.usable(os);
        if let (Some(userfault), Some((start, end))) = (usable, self.late)
            && let Some(at) = NonNull::new(start as *mut u8)
        {
            os.wake_writers(&userfault, at, end - start);
        }
        if let State::Absent(_) = self.state
            && let Some(hold) = self.hold.take()
        {
            os.release(hold);
        }
    }

    /// Keeps writers out of `run`, a part of `arena`; `None` when that is for somebody else to do.
    pub(crate) fn protect<O: Os>(
        &mut self,
        os: &O,
        arena: Range,
        (at, len): Range,
    ) -> Option<Result<(), Errno>> {
        if let State::Pending = self.state {
            self.open(os, arena);
        }
        let userfault = self.usable(os)?;
        if self.hold.is_none() {
            match os.hold(&userfault) {
                Ok(hold) => self.hold = Some(hold),
                Err(_) => {
                    self.give_up(os, Why::NotHeld);
                    return None;
                }
            }
        }
        // SAFETY: the arena owns the range; writers are woken when it is remapped, or lifted.
        let protect = || unsafe { os.hold_writers(&userfault, at, len) };
        Some(protect().or_else(|_| {
            // It may have been remapped while the system refused to register it.
            // SAFETY: the arena owns the range.
            unsafe { os.register(&userfault, at, len) }?;
            protect()
        }))
    }

    /// Lets writers into a run again that was not remapped.
    ///
    /// Just to lift the protection would not do: a writer that saw it before may go to sleep after it was woken.
    pub(crate) fn lift<O: Os>(&mut self, os: &O, (at, len): Range) -> Result<(), Errno> {
        if self.hold.is_none() {
            return Ok(());
        }
        let Some(userfault) = self.usable(os) else {
            // The hold goes when the barrier ends, and all protection with it.
            return Ok(());
        };
        // SAFETY: the arena owns the range.
        unsafe { os.unregister(&userfault, at, len) }?;
        os.wake_writers(&userfault, at, len);
        // Should that be refused now, it is done before the run is protected again.
        // SAFETY: as above.
        let _ = unsafe { os.register(&userfault, at, len) };
        Ok(())
    }

    /// The same where the system refuses that: who goes to sleep late is woken at the ends of this barrier and of later ones.
    pub(crate) fn lift_in_place<O: Os>(&mut self, os: &O, (at, len): Range) {
        let Some(userfault) = self.usable(os) else {
            return;
        };
        // SAFETY: the arena owns the range.
        unsafe { os.free_writers(&userfault, at, len) };
        let start = at.addr().get();
        let (first, end) = self.late.unwrap_or((start, start));
        self.late = Some((first.min(start), end.max(start + len)));
    }

    /// Registers a run that was remapped, and lets its writers go on.
    pub(crate) fn follow<O: Os>(&mut self, os: &O, (at, len): Range) -> Result<(), Errno> {
        let Some(userfault) = self.usable(os) else {
            return Ok(());
        };
        // SAFETY: the arena owns the range.
        let registered = unsafe { os.register(&userfault, at, len) };
        os.wake_writers(&userfault, at, len);
        registered
    }
}
