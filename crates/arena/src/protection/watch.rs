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
    /// The same for runs that were remapped since the barrier began.
    remapped: Option<(usize, usize)>,
    /// Whether it was looked since the last barrier that the descriptor is ours, and open.
    is_known: bool,
    /// Whether to try nothing that a filter of system calls may kill for.
    cautious: bool,
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
            remapped: None,
            is_known: false,
            cautious: false,
        }
    }

    /// Sets whether a filter of system calls keeps a descriptor from being opened, since it may kill for trying.
    pub(crate) fn set_cautious(&mut self, cautious: bool) {
        self.cautious = cautious;
    }

    /// Opens a descriptor, and registers `arena` with it, unless that was done.
    pub(crate) fn open<O: Os>(&mut self, os: &O, arena: &mut dyn Iterator<Item = Range>) {
        if matches!(self.state, State::Open(_)) {
            return;
        }
        if self.cautious {
            let filtered = os.is_filtered();
            if filtered != Ok(false) {
                let why = filtered.map_or(Why::Untold, |_| Why::Filtered);
                self.state = State::Absent(why);
                return;
            }
        }
        self.state = match os.open_userfault() {
            Ok(userfault) => {
                // SAFETY: the ranges are the arena's.
                let mut register =
                    arena.map(|(at, len)| unsafe { os.register(&userfault, at, len) });
                match register.try_for_each(core::convert::identity) {
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

    /// Closes the descriptor while nothing is protected.
    pub(crate) fn close<O: Os>(&mut self, os: &O) {
        self.give_up(os, Why::NotAsked);
        self.end_barrier(os);
    }

    /// In a child: the descriptor acts on the parent. It is closed; the child opens its own when it needs one.
    pub(crate) fn leave_parent<O: Os>(&mut self, os: &O) {
        if let State::Open(userfault) = self.state {
            os.close_userfault(&userfault);
            // The hold was not inherited.
            *self = Self {
                state: State::Pending,
                cautious: self.cautious,
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
    pub(crate) fn end_barrier<O: Os>(&mut self, os: &O) {
        let usable = self.usable(os);
        self.is_known = false;
        let remapped = self.remapped.take();
        if let Some(userfault) = usable {
            for (start, end) in self.late.into_iter().chain(remapped) {
                if let Some(at) = NonNull::new(start as *mut u8) {
                    os.wake_writers(&userfault, at, end - start);
                }
            }
        }
        if let State::Absent(_) = self.state
            && let Some(hold) = self.hold.take()
        {
            os.release(hold);
        }
    }

    /// Keeps writers out of a run, a part of `arena`; `None` when that is for somebody else to do.
    pub(crate) fn protect<O: Os>(
        &mut self,
        os: &O,
        arena: &mut dyn Iterator<Item = Range>,
        (at, len): Range,
    ) -> Option<Result<(), Errno>> {
        if let State::Pending = self.state {
            self.open(os, arena);
        }
        let userfault = self.known(os)?;
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
        if protect().is_ok() {
            return Some(Ok(()));
        }
        // It may have been closed meanwhile, or the run is not registered, since it was remapped.
        self.usable(os)?;
        // SAFETY: the arena owns the range.
        let registered = unsafe { os.register(&userfault, at, len) };
        Some(registered.and_then(|()| protect()))
    }

    /// [`usable`](Self::usable), looked at once in a barrier. Good for requests that another descriptor under the same number
    /// would refuse, since it knows nothing of the range.
    fn known<O: Os>(&mut self, os: &O) -> Option<Userfault> {
        match self.state {
            State::Open(userfault) if self.is_known => Some(userfault),
            _ => {
                let usable = self.usable(os);
                self.is_known = usable.is_some();
                usable
            }
        }
    }

    /// Who waits at a run that was remapped goes on when the barrier ends.
    pub(crate) fn wake_later(&mut self, range: Range) {
        self.remapped = Some(spanned(self.remapped, range));
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
        // SAFETY: the arena owns the range.
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
        self.late = Some(spanned(self.late, (at, len)));
    }

    /// Leaves a run, of which nothing is protected, to others.
    pub(crate) fn forget<O: Os>(&mut self, os: &O, (at, len): Range) {
        if let Some(userfault) = self.usable(os) {
            // A refusal is the program's, who asks for the same next.
            // SAFETY: the arena owns the range.
            let _ = unsafe { os.unregister(&userfault, at, len) };
        }
    }

    /// Registers a run that was remapped.
    pub(crate) fn follow<O: Os>(&mut self, os: &O, (at, len): Range) -> Result<(), Errno> {
        let Some(userfault) = self.usable(os) else {
            return Ok(());
        };
        // SAFETY: the arena owns the range.
        unsafe { os.register(&userfault, at, len) }
    }
}

/// The addresses from the first of both to behind the last of both.
fn spanned(so_far: Option<(usize, usize)>, (at, len): Range) -> (usize, usize) {
    let start = at.addr().get();
    let (first, end) = so_far.unwrap_or((start, start));
    (first.min(start), end.max(start + len))
}
