//! Putting spans onto shared pages, and back.

use super::{Run, SpanPages};
use crate::number::PageIndex;

/// A step of a mesh that the system refused. What it covers stays as it was.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Refused;

/// Mappings that are held: what [`Remapping::let_mappings_go`] needs to end that.
#[derive(Debug)]
#[must_use]
pub struct HeldMappings(pub u64);

/// The remapping of a mesh. A run's *shared pages* are one physical run that spans can be put onto; it is named by the run it
/// was made for. All of it is called by one thread at a time.
///
/// # Safety
/// An operation that returns [`Refused`] has changed no byte that the program can see.
pub unsafe trait Remapping: SpanPages {
    /// Waits until nobody else puts spans onto shared pages or off them, and keeps others from it. A barrier does so by itself.
    ///
    /// No signal handler runs in this thread meanwhile, and it waits for no lock that interrupted code may hold: so whoever waits
    /// here waits for a moment only, whatever it has interrupted.
    fn hold_mappings(&self) -> HeldMappings;

    /// Ends what [`hold_mappings`](Self::hold_mappings) began.
    fn let_mappings_go(&self, held: HeldMappings);

    /// Whether mappings may change at all: what is kept for steps that must not fail is there. Asked while mappings are held, or a
    /// barrier is under way.
    fn mappings_permit(&self) -> bool;

    /// Mappings that may still be added by putting spans onto shared pages. Asked by who meshes, and nobody else.
    fn mappings_left(&self) -> usize;

    /// Mappings that may be added in all.
    fn mappings_permitted(&self) -> usize;

    /// So many more pages of addresses lie on the physical pages of others.
    fn note_saved(&self, _pages: usize) {}

    /// So many do not any more.
    fn note_unsaved(&self, _pages: usize) {}

    /// Mappings that it adds at most to put `run` onto shared pages: none if it is on some already, or lies between
    /// spans that are.
    fn mappings_to_share(&self, run: Run) -> usize;

    /// Mappings that it adds to dissolve `run`: it is parted from spans on neighbouring shared pages.
    fn mappings_to_dissolve(&self, run: Run) -> usize;

    /// Makes the shared pages of `run` present.
    fn open_shared(&self, run: Run) -> Result<(), Refused>;

    /// Copies `len` bytes at `offset` of the span at `from` to the same offset of the shared pages named by `to`.
    ///
    /// # Safety
    /// The shared pages are open, the bytes lie in the span, and nobody writes them at either place.
    unsafe fn copy_to_shared(&self, from: PageIndex, to: PageIndex, offset: usize, len: usize);

    /// Lets go of what [`open_shared`](Self::open_shared) opened since the last call; the pages stay.
    fn close_shared(&self);

    /// Puts `run` onto the shared pages of `onto`, writable. What it lay on before is released by this for private pages.
    ///
    /// # Safety
    /// The shared pages are open and hold all that the program expects to read in `run`.
    unsafe fn alias(&self, run: Run, onto: PageIndex) -> Result<(), Refused>;

    /// Gives the shared pages of `run` back to the system. Mappings are held, or a barrier is under way.
    ///
    /// # Safety
    /// No span is on them any more.
    unsafe fn free_shared(&self, run: Run);

    /// Puts `run` back on private pages, clears its labels, and takes it back.
    ///
    /// # Safety
    /// As for [`free_span`](SpanPages::free_span), but the run is on shared pages.
    unsafe fn dissolve(&self, run: Run) -> Result<(), Refused>;

    /// Puts `run`, which is on shared pages, onto private pages with the content that the shared pages of `onto` have.
    ///
    /// # Safety
    /// Nobody else uses the run meanwhile.
    unsafe fn make_private(&self, run: Run, onto: PageIndex) -> Result<(), Refused>;
}
