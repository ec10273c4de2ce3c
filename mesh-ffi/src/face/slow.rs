//! What the entry points do when the thread's front end has no answer. `errno` is set here.

use core::ptr::{NonNull, null_mut};

use globalheap::{CentralHeap, Found, Misuse, Report};
use heap::SizeClass;
use miniheap::SpanClasses;

use crate::face::{emergency, foreign};
use crate::ground::apart::{self, Side};
use crate::ground::heap::{Front, HEAP, ToStandardError};
use crate::ground::thread::front;
use crate::ground::{errno, misuse, request, tls};
use crate::upkeep::profile;

/// The largest request that C allows.
const LARGEST: usize = isize::MAX as usize;

/// Requests aligned to this many bytes or more are for the kernel or a device, so their spans are never meshed.
const UNMESHED_ALIGNMENT: usize = 512;

/// A new block.
#[derive(Clone, Copy)]
pub(crate) struct Block {
    pub(crate) start: NonNull<u8>,
    /// Whether all bytes are known to be zero.
    pub(crate) zeroed: bool,
}

/// A block of `size` bytes, for callers who have not looked further than at what is at hand for few bytes.
#[inline]
pub(crate) fn allocate<S: Side>(size: usize) -> Option<Block> {
    allocate_from(S::class_of(size), size, 1)
}

/// A block of `class`; without a class, one of `size` bytes aligned to `align`.
#[inline]
fn allocate_from(class: Option<SizeClass>, size: usize, align: usize) -> Option<Block> {
    // SAFETY: the calling thread's heap, or an idle one.
    let at_hand = class.and_then(|class| unsafe { Front::pop_at(tls::heap(), class) });
    match at_hand {
        Some(start) => Some(Block {
            start,
            zeroed: false,
        }),
        None => allocate_anew(class, size, align),
    }
}

/// The same for callers whose front end had no slot at hand.
#[cold]
#[inline(never)]
fn allocate_anew(class: Option<SizeClass>, size: usize, align: usize) -> Option<Block> {
    request::answer();
    let class = match class {
        Some(_) if apart::is_everything() => SpanClasses::class_for_apart(size, align),
        class => class,
    };
    if profile::is_on() {
        return serve_watched(class, size, align);
    }
    if HEAP.global().pages().has_memory_limit() {
        // Apart: some stacks are small.
        return serve_at_limit(class, size, align);
    }
    serve::<false>(class, size, align)
}

/// One frame with each of its callers, which have copies of their own: some stacks are small.
#[inline(always)]
fn serve<const AT_LIMIT: bool>(
    class: Option<SizeClass>,
    size: usize,
    align: usize,
) -> Option<Block> {
    tls::within(move || match class {
        Some(class) => small(class),
        None => large(size, align),
    })
}

/// The same where the heap has a limit: refused, it gives back what it can, and is asked once more.
#[cold]
#[inline(never)]
fn serve_at_limit(class: Option<SizeClass>, size: usize, align: usize) -> Option<Block> {
    let mut relieved = false;
    loop {
        let block = serve::<true>(class, size, align);
        if block.is_some() || relieved || !emergency::relieve(size) {
            return block;
        }
        relieved = true;
    }
}

/// The same where there is a heap profile, in which the block may be a sample.
#[cold]
#[inline(never)]
fn serve_watched(class: Option<SizeClass>, size: usize, align: usize) -> Option<Block> {
    if profile::is_due(size) {
        // On pages of its own, so that no fast path takes it back.
        if let Some(block) = serve_at_limit(None, size.max(1), align) {
            profile::note(block.start, size);
            return Some(block);
        }
    }
    serve_at_limit(class, size, align)
}

/// The class of a block of `size` bytes aligned to `align`, a power of two.
pub(crate) fn class_aligned(size: usize, align: usize) -> Option<SizeClass> {
    if align >= UNMESHED_ALIGNMENT {
        SpanClasses::class_for_apart(size, align)
    } else {
        SpanClasses::class_for(size, align)
    }
}

/// A block of `size` bytes aligned to `align`, a power of two.
pub(crate) fn allocate_aligned(size: usize, align: usize) -> Option<Block> {
    allocate_from(class_aligned(size, align), size, align)
}

/// A block on pages of its own, which are often fresh.
pub(crate) fn allocate_pages(size: usize) -> Option<Block> {
    allocate_anew(None, size, 1)
}

/// A block of `size` bytes in the place of one of `before` bytes, which grew.
///
/// It has pages of its own.
#[inline(never)]
pub(crate) fn allocate_growing(size: usize, before: usize) -> Option<Block> {
    if size > LARGEST {
        return None;
    }
    let place = || tls::within(|| HEAP.global().below().place_growing(size, before));
    let block = place().or_else(|| emergency::relieve(size).then(place).flatten())?;
    if profile::is_on() && profile::is_due(size) {
        profile::note(block.start, size);
    }
    Some(Block {
        start: block.start,
        zeroed: block.zeroed,
    })
}

#[inline(always)]
fn small(class: SizeClass) -> Option<Block> {
    let start = match front() {
        Some(front) => {
            // SAFETY: attached, and used by this thread alone.
            unsafe { &mut *front.as_ptr() }.look_after();
            // SAFETY: the calling thread's own heap.
            let at_hand = unsafe { Front::pop_at(front, class) };
            at_hand.or_else(|| {
                HEAP.look_after_sleepers_if_due();
                // SAFETY: attached, and used by this thread alone.
                unsafe { &mut *front.as_ptr() }.refill(class)
            })
        }
        None => HEAP.allocate_direct(class),
    };
    start.map(|start| Block {
        start,
        zeroed: false,
    })
}

#[inline(never)]
fn large(size: usize, align: usize) -> Option<Block> {
    if size > LARGEST || align > LARGEST {
        return None;
    }
    let block = HEAP.global().allocate_large(size, align)?;
    Some(Block {
        start: block.start,
        zeroed: block.zeroed,
    })
}

/// The block's address as C wants it: null and ENOMEM for none.
pub(crate) fn to_c(block: Option<Block>) -> *mut libc::c_void {
    match block {
        Some(block) => block.start.as_ptr().cast(),
        None => {
            errno::set(libc::ENOMEM);
            null_mut()
        }
    }
}

/// `malloc` behind its fast path.
#[inline(never)]
pub(crate) extern "C" fn malloc<S: Side>(size: usize) -> *mut libc::c_void {
    to_c(allocate::<S>(size))
}

/// `free` behind its fast path.
///
/// # Safety
/// As for `free`.
#[inline(never)]
pub(crate) unsafe extern "C" fn free(object: *mut u8) {
    // SAFETY: the calling thread's heap, or an idle one; the caller gives the object up. Null is outside of the arena.
    if unsafe { Front::keep_at(tls::heap(), object) } {
        return;
    }
    let Some(object) = NonNull::new(object) else {
        return;
    };
    // SAFETY: the caller gives the object up.
    unsafe { free_elsewhere(object) };
}

/// Takes back an object that the front end has no room for, or that is large or not ours, or no object.
///
/// # Safety
/// As for `free`.
#[cold]
#[inline(never)]
unsafe fn free_elsewhere(object: NonNull<u8>) {
    // Another mapping may lie between pages of ours.
    if !HEAP.global().pages().owns(object.addr().get()) {
        // SAFETY: the caller gives the block up, whosever it is.
        return unsafe { foreign::free(object.cast()) };
    }
    request::answer();
    // SAFETY: the caller gives the object up.
    if profile::is_on() && unsafe { keep_watched(object) } {
        return;
    }
    tls::within(|| match front() {
        Some(front) => {
            // SAFETY: attached, and used by this thread alone.
            let heap = unsafe { &mut *front.as_ptr() };
            // SAFETY: the caller gives the object up.
            unsafe { heap.free_elsewhere(object) };
        }
        // SAFETY: the caller gives the object up, which lies in the arena.
        None => unsafe { HEAP.free_direct(object) },
    });
}

/// Where there is a heap profile, tries the thread's own heap first, where no sample can be; says whether that has the object now.
///
/// # Safety
/// As for `free`; the object lies in the arena.
#[cold]
#[inline(never)]
unsafe fn keep_watched(object: NonNull<u8>) -> bool {
    let keep = || {
        front().is_some_and(|front| {
            // SAFETY: the calling thread's own heap; the caller gives the object up.
            unsafe { Front::push_at(front, object.as_ptr()) }
        })
    };
    let is_kept = tls::within(keep);
    if !is_kept {
        profile::forget(object);
    }
    is_kept
}

/// What is at the address of a block that the front end does not know. That it is none is told.
#[cold]
#[inline(never)]
pub(crate) fn find(block: NonNull<u8>) -> Found {
    let found = HEAP.global().below().find(block);
    if found == Found::Nothing {
        // Another mapping may lie between pages of ours.
        if !HEAP.global().pages().owns(block.addr().get()) {
            return Found::Foreign;
        }
        misuse::tell("no object starts at ", block.addr().get());
    }
    found
}

/// Whether an object of `class` may be moved. That it may not is told.
#[inline]
pub(crate) fn may_move(class: SizeClass, object: NonNull<u8>) -> bool {
    // SAFETY: the calling thread's heap, or an idle one.
    let mistake = unsafe { Front::mistake_at(tls::heap(), class, object) };
    if let Some(what) = mistake {
        tell(what, object);
    }
    mistake.is_none()
}

#[cold]
#[inline(never)]
fn tell(what: Misuse, object: NonNull<u8>) {
    ToStandardError::misuse(what, object.addr().get());
}

/// Makes the large object at `object` `size` bytes long without copying it, if that can be had.
///
/// # Safety
/// As for `realloc`.
#[inline(never)]
pub(crate) unsafe fn resize_large(object: NonNull<u8>, size: usize) -> Option<NonNull<u8>> {
    if size > LARGEST {
        return None;
    }
    // SAFETY: the caller uses only what is returned, if something is.
    let resize = || tls::within(|| unsafe { HEAP.global().below().resize_large(object, size) });
    if profile::is_on() {
        return profile::over_resize(object, size, resize);
    }
    resize()
}
