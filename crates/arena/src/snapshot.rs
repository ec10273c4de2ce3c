//! What a fork copies for its child: the shared pages, in a second window.

use core::ops::Range;
use core::sync::atomic::Ordering;

use heap::{ForkLock, ForkPages, KeptOut, PageIndex, Refused, Remapping, Run, SizeClass};

use crate::arena::{Arena, Windows};
use crate::ballast::Ballast;
use crate::os::{Access, Os, Purpose};
use crate::page_map::{NOWHERE, PageMap};
use crate::remapping::retry;
use crate::shared_pages::Runs;
use crate::site::chunk_pages;

impl<O: Os> ForkLock for Arena<O> {
    fn lock_for_fork(&self) {
        self.state.lock_for_fork();
    }

    fn try_lock_for_fork(&self) -> bool {
        self.state.try_lock_for_fork()
    }

    unsafe fn unlock_after_fork(&self) {
        // SAFETY: the caller took the lock.
        unsafe { self.state.unlock_after_fork() };
    }
}

// SAFETY: copies are made of shared pages that nobody writes to; what is refused has changed nothing.
unsafe impl<O: Os> ForkPages for Arena<O> {
    fn lock_windows_for_fork(&self) {
        self.windows.lock_for_fork();
        self.watch.lock_for_fork();
    }

    unsafe fn unlock_windows_after_fork(&self) {
        // SAFETY: the caller took the lock.
        unsafe { self.watch.unlock_after_fork() };
        // SAFETY: the caller took it together with the other one.
        unsafe { self.windows.unlock_after_fork() };
    }

    fn open_snapshot(&self) -> Result<(), Refused> {
        let Some(map) = self.page_map() else {
            return Ok(());
        };
        let windows = &mut *self.windows.lock();
        let changes = windows.shared.changes();
        if windows.snapshot_of == Some(changes) {
            return Ok(());
        }
        windows.begin_snapshot();
        // Some of it may be for spans that have gone.
        windows.snapshot.unmap(&self.os);
        windows.snapshot_of = None;
        open_all(&self.os, windows, map, Ballast::lighten_to_reserve).or_else(|_| {
            // There is no mapping left for each chunk.
            windows.snapshot.unmap(&self.os);
            let homes = all_homes::<O>(windows, map);
            let Windows {
                snapshot, ballast, ..
            } = &mut *windows;
            let map_as_one = || snapshot.map_as_one(&self.os, map.site(), homes.clone());
            retry(map_as_one, || ballast.lighten(&self.os))?;
            open_all(&self.os, windows, map, Ballast::lighten)
        })?;
        windows.snapshot_of = Some(changes);
        Ok(())
    }

    fn copy_to_snapshot(&self) {
        let Some(map) = self.page_map() else { return };
        let windows = &mut *self.windows.lock();
        for shared in runs::<O>(windows, map) {
            shared.homes(map, |run| {
                let from = windows.current.address::<O>(run.first);
                let to = windows.snapshot.address::<O>(run.first);
                let (Some(from), Some(to)) = (from, to) else {
                    return;
                };
                // SAFETY: both are chunks of windows in which the run was opened, so its bytes are there; nobody writes to them.
                unsafe { from.copy_to_nonoverlapping(to, Self::bytes(run)) };
            });
        }
    }

    fn drop_snapshot(&self) {
        let windows = &mut *self.windows.lock();
        windows.snapshot.unmap(&self.os);
        windows.snapshot_of = None;
    }

    fn adopt_snapshot(&self) -> Result<(), Refused> {
        let Some(map) = self.page_map() else {
            return Ok(());
        };
        // What was protected was left out.
        self.protected.store(0, Ordering::Relaxed);
        let all = {
            let windows = &mut *self.windows.lock();
            windows.begin_snapshot();
            windows.current.adopt(&self.os, &mut windows.snapshot);
            windows.snapshot_of = None;
            self.window_pieces
                .store(windows.current.mapped(), Ordering::Relaxed);
            runs::<O>(windows, map)
        };
        self.watch.lock().leave_parent(&self.os);
        // By addresses: so a mapping is taken apart from its start, while the one before it grows, and one more than there were is
        // enough at any time.
        for shared in all {
            let Some(home) = shared.home else {
                self.fill(map, shared.run)?;
                continue;
            };
            // SAFETY: the copy holds what the shared pages held at the fork.
            let aliased = unsafe { self.alias(shared.run, home) };
            // SAFETY: there is no other thread.
            aliased.or_else(|_| unsafe { self.make_private(shared.run, home) })?;
        }
        Ok(())
    }

    fn each_shared(&self, mut act: impl FnMut(SizeClass, Run)) {
        let Some(map) = self.page_map() else { return };
        let mut all = runs::<O>(&self.windows.lock(), map).peekable();
        while let Some(mut shared) = all.next() {
            // Whatever they lie on, neighbours are one range of addresses.
            while let Some(next) =
                all.next_if(|next| next.run.first == shared.run.end() && next.class == shared.class)
            {
                shared.run.pages.0 += next.run.pages.0;
            }
            act(shared.class, shared.run);
        }
    }

    fn protect_for_fork(&self, run: Run, ways: &mut KeptOut) -> Result<(), Refused> {
        let (at, len) = self.range(run).ok_or(Refused)?;
        if self.runs_on(at.addr().get(), len) {
            return Err(Refused);
        }
        self.protected
            .fetch_add(run.pages.index(), Ordering::Relaxed);
        let protected = match self.hold_in_kernel(run) {
            Some(held) => {
                ways.in_kernel = true;
                held
            }
            None => {
                ways.by_signal = true;
                // SAFETY: the arena owns the range; a barrier is under way, so writers wait.
                unsafe { self.os.protect(at, len, Access::Read) }
            }
        };
        protected.map_err(|_| {
            self.unprotect_after_fork(run, *ways);
            Refused
        })
    }

    fn unprotect_after_fork(&self, run: Run, ways: KeptOut) {
        if let (true, Some(range)) = (ways.in_kernel, self.range(run)) {
            self.lift_in_kernel(range);
        }
        if ways.by_signal {
            self.make_writable(run);
        } else {
            self.note_writable(run);
        }
    }
}

impl<O: Os> Arena<O> {
    /// The tables, if there are any. Takes no lock.
    fn page_map(&self) -> Option<&PageMap> {
        Some(&self.known_ground()?.map)
    }

    /// In a child: takes the addresses of dead spans, which have no pages. As in the parent, they lie among their neighbours, on shared
    /// pages that nobody has filled: so they part none that were one mapping there.
    fn fill(&self, map: &PageMap, run: Run) -> Result<(), Refused> {
        let mut rest = run;
        while rest.pages.0 > 0 {
            let part = lain_alike::<O>(map, rest);
            let lain = onto_known(map, part.first).ok_or(Refused).and_then(|onto| {
                let from = self.in_window(onto)?;
                let to = self.address(part.first).ok_or(Refused)?;
                // SAFETY: the arena owns the run, whose spans are dead, and the window's pages.
                self.insist(|| unsafe { self.os.alias(from, Self::bytes(part), to) })
            });
            lain.or_else(|_| self.insist(|| self.make_inaccessible(map, part)))?;
            rest.first = part.end();
            rest.pages.0 -= part.pages.0;
        }
        Ok(())
    }

    /// Replaces dead spans by memory that nobody may use: it is in nobody's account of data, as the shared pages were not.
    fn make_inaccessible(&self, map: &PageMap, run: Run) -> Result<(), Refused> {
        let at = self.address(run.first).ok_or(Refused)?;
        // SAFETY: the arena owns the run, and the spans are dead.
        unsafe { self.os.replace(at, Self::bytes(run), Access::None) }.map_err(|_| Refused)?;
        self.os.name(at, Self::bytes(run), Purpose::Heap);
        self.note_onto(map, run, Some(PageIndex(NOWHERE)));
        Ok(())
    }
}

/// The shared page that a page of a dead span lies on, unless it is [nowhere](NOWHERE).
fn onto_known(map: &PageMap, page: PageIndex) -> Option<PageIndex> {
    map.onto(page).filter(|onto| onto.0 != NOWHERE)
}

/// The first pages of `run` that lay on shared pages which follow each other, in one piece of the window.
fn lain_alike<O: Os>(map: &PageMap, run: Run) -> Run {
    let chunk = chunk_pages(O::PAGE_SIZE);
    let onto = |at: u32| onto_known(map, PageIndex(run.first.0 + at as usize));
    let goes_on = |at: &u32| match (onto(at - 1), onto(*at)) {
        (Some(last), Some(next)) => next.0 == last.0 + 1 && !next.0.is_multiple_of(chunk),
        _ => false,
    };
    let pages = (1..run.pages.0).take_while(goes_on).count() + 1;
    Run {
        first: run.first,
        pages: heap::PageCount(pages as u32),
    }
}

fn runs<'a, O: Os>(windows: &Windows, map: &'a PageMap) -> Runs<'a> {
    windows.shared.runs(map, chunk_pages(O::PAGE_SIZE))
}

/// Gives some of the ballast up; says whether that made room.
type Lighten<O> = fn(&mut Ballast, &O) -> bool;

/// Makes room for copies of all shared pages.
fn open_all<O: Os>(
    os: &O,
    windows: &mut Windows,
    map: &PageMap,
    lighten: Lighten<O>,
) -> Result<(), Refused> {
    for shared in runs::<O>(windows, map) {
        let Windows {
            snapshot, ballast, ..
        } = &mut *windows;
        let mut opened = Ok(());
        shared.homes(map, |run| {
            let open = || snapshot.open(os, map.site(), run);
            let room = || retry(open, || lighten(ballast, os)).map(drop);
            opened = opened.and_then(|()| room());
        });
        opened?;
    }
    Ok(())
}

/// From the first page to the last that stands for shared ones.
fn all_homes<O: Os>(windows: &Windows, map: &PageMap) -> Range<usize> {
    let (mut first, mut end) = (usize::MAX, 0);
    for shared in runs::<O>(windows, map) {
        shared.homes(map, |run| {
            first = first.min(run.first.0);
            end = end.max(run.end().0);
        });
    }
    first..end
}
