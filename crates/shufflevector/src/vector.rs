//! The stack of free slots.

use core::ptr::NonNull;

use rand_pcg::Pcg32;
use static_assertions::const_assert;

use crate::random::shuffle;

/// A bounded stack of free slots over storage that somebody else supplies.
///
/// ```text
///  storage   [ oldest │   …    │ newest │        │  …   │        │  …   │        ]
///              ^bottom                   ^top            ^limit            ^end
/// ```
///
/// **Invariant:** `bottom <= top <= limit <= end`, all four into one storage, and every entry from `bottom` up to `top`
/// is written. The four pointers of a vector without storage are equal, so it is empty and full at once and the fast
/// path asks one question.
#[repr(C)]
pub struct ShuffleVector {
    /// One past the newest slot.
    top: NonNull<NonNull<u8>>,
    /// The oldest slot.
    bottom: NonNull<NonNull<u8>>,
    /// Where `push` refuses.
    limit: NonNull<NonNull<u8>>,
    /// One past the storage.
    end: NonNull<NonNull<u8>>,
}

// A thread's vectors of all size classes stand in one array: two of them share a cache line.
const_assert!(size_of::<ShuffleVector>() == 32);

// SAFETY: the vector is the only user of its storage (contract of `new`), and it never reads or writes a slot.
unsafe impl Send for ShuffleVector {}
// SAFETY: with a shared reference the storage can only be read.
unsafe impl Sync for ShuffleVector {}

impl ShuffleVector {
    /// Entries in front of the storage that are read by those who look for a slot among the newest, whatever is there: that
    /// saves them a question.
    pub const FRONT: usize = 4;

    /// A vector without storage: `pop` finds nothing and `push` refuses.
    pub const fn empty() -> Self {
        let nowhere = NonNull::dangling();
        Self {
            top: nowhere,
            bottom: nowhere,
            limit: nowhere,
            end: nowhere,
        }
    }

    /// A vector of no slots with room for `limit` of them; [`set_limit`](Self::set_limit) can raise the limit up to
    /// `capacity`. Both count slots. A `limit` above `capacity` means `capacity`.
    ///
    /// # Safety
    /// * `storage` is valid for reads and writes of `capacity` entries, by any thread that the vector is sent to, for as
    ///   long as the vector is used. It need not be initialised.
    /// * Nobody else reads or writes it during that time.
    pub unsafe fn new(storage: NonNull<*mut u8>, capacity: usize, limit: usize) -> Self {
        let bottom = storage.cast::<NonNull<u8>>();
        // SAFETY: the storage has `capacity` entries (first bullet).
        let end = unsafe { bottom.add(capacity) };
        // SAFETY: at most `capacity` entries up.
        let limit = unsafe { bottom.add(if limit < capacity { limit } else { capacity }) };
        Self {
            top: bottom,
            bottom,
            limit,
            end,
        }
    }

    /// Takes the newest slot out; `None` when there are none.
    #[inline(always)]
    pub fn pop(&mut self) -> Option<NonNull<u8>> {
        // SAFETY: `&mut self` makes this the only user.
        unsafe { Self::pop_at(NonNull::from(self)) }
    }

    /// [`pop`](Self::pop) by address, for a vector that may be [empty](Self::empty) and shared by many: it is only read
    /// then.
    ///
    /// # Safety
    /// `this` is valid for reads. Unless it has no storage, nobody else uses it.
    #[inline(always)]
    pub unsafe fn pop_at(this: NonNull<Self>) -> Option<NonNull<u8>> {
        // SAFETY: the same contract.
        unsafe { Self::pop_unless_at(this, || false) }
    }

    /// [`pop_at`](Self::pop_at) that leaves the slot where it is when `stop`, which is asked if there is one, says so.
    ///
    /// # Safety
    /// As for `pop_at`.
    #[inline(always)]
    pub unsafe fn pop_unless_at(
        this: NonNull<Self>,
        stop: impl FnOnce() -> bool,
    ) -> Option<NonNull<u8>> {
        let this = this.as_ptr();
        // SAFETY: valid for reads (contract).
        let top = unsafe { (*this).top };
        // SAFETY: valid for reads (contract).
        if top == unsafe { (*this).bottom } || stop() {
            return None;
        }
        // SAFETY: `top` is above `bottom` in the same storage.
        let newest = unsafe { top.sub(1) };
        // SAFETY: a vector with slots has storage, so this is its only user.
        unsafe { (*this).top = newest };
        // SAFETY: `top` was one past a written entry.
        Some(unsafe { newest.read() })
    }

    /// Adds `slot` as the newest; false, with nothing changed, when the limit is reached.
    #[inline(always)]
    pub fn push(&mut self, slot: NonNull<u8>) -> bool {
        // SAFETY: `&mut self` makes this the only user.
        unsafe { Self::push_at(NonNull::from(self), slot) }
    }

    /// [`push`](Self::push) by address, for a vector that may be [empty](Self::empty) and shared by many: it is only read
    /// then.
    ///
    /// # Safety
    /// `this` is valid for reads. Unless it has no storage, nobody else uses it.
    #[inline(always)]
    pub unsafe fn push_at(this: NonNull<Self>, slot: NonNull<u8>) -> bool {
        let this = this.as_ptr();
        // SAFETY: valid for reads (contract).
        let top = unsafe { (*this).top };
        // SAFETY: valid for reads (contract).
        if top == unsafe { (*this).limit } {
            return false;
        }
        // SAFETY: `top` is below `limit`, hence inside the storage.
        unsafe { top.write(slot) };
        // SAFETY: the entry just written lies inside the storage, so one past it is in bounds.
        let above = unsafe { top.add(1) };
        // SAFETY: a vector with room has storage, so this is its only user.
        unsafe { (*this).top = above };
        true
    }

    /// [`push_at`](Self::push_at) that refuses `slot` as well when it looks as if it were the newest one already: it is in the
    /// entry below the place of the next. In a vector without slots that entry means nothing.
    ///
    /// # Safety
    /// As for `push_at`. Unless the vector has no storage, there are [`FRONT`](Self::FRONT) entries in front of the storage that may
    /// be read.
    #[inline(always)]
    pub unsafe fn push_another_at(this: NonNull<Self>, slot: NonNull<u8>) -> bool {
        let at = this.as_ptr();
        // SAFETY: valid for reads (contract).
        let top = unsafe { (*at).top };
        // SAFETY: valid for reads (contract).
        if top == unsafe { (*at).limit } {
            return false;
        }
        // Written before anything is read: memory that is not there yet then comes by one fault. No slot is above `top`.
        // SAFETY: `top` is below `limit`, hence inside the storage.
        unsafe { top.write(slot) };
        // SAFETY: at most one below the storage (contract).
        let below = unsafe { top.cast::<*mut u8>().sub(1) };
        // SAFETY: an entry, or what may be read in front of them. A vector with room has storage.
        if unsafe { below.read() } == slot.as_ptr() {
            return false;
        }
        // SAFETY: the entry just written lies inside the storage, so one past it is in bounds.
        let above = unsafe { top.add(1) };
        // SAFETY: a vector with room has storage, so this is its only user.
        unsafe { (*at).top = above };
        true
    }

    /// Whether `slot` is in one of the entries below the place of the next, as many as [`FRONT`](Self::FRONT): then it is perhaps
    /// one of the newest slots. If not, it is none of them.
    ///
    /// # Safety
    /// As for [`pop_at`](Self::pop_at). Unless the vector has no storage, there are so many entries in front of the storage that
    /// may be read.
    #[inline(always)]
    pub unsafe fn may_have_lately_at(this: NonNull<Self>, slot: NonNull<u8>) -> bool {
        let this = this.as_ptr();
        // SAFETY: valid for reads (contract).
        let top = unsafe { (*this).top };
        // SAFETY: valid for reads (contract).
        if top == unsafe { (*this).bottom } {
            return false;
        }
        (1..=Self::FRONT).any(|below| {
            // SAFETY: in the storage, or not further in front of it than may be read (contract).
            let entry = unsafe { top.cast::<*mut u8>().sub(below) };
            // SAFETY: a vector with slots has storage, and such entries may be read (contract).
            unsafe { entry.read() == slot.as_ptr() }
        })
    }

    /// The number of slots.
    #[inline]
    pub fn len(&self) -> usize {
        self.entries_to(self.top)
    }

    /// Whether there are no slots.
    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.top == self.bottom
    }

    /// The number of slots at which `push` refuses.
    #[inline]
    pub fn limit(&self) -> usize {
        self.entries_to(self.limit)
    }

    /// The number of entries of the storage.
    #[inline]
    pub fn capacity(&self) -> usize {
        self.entries_to(self.end)
    }

    /// How many more slots `push` will take.
    #[inline]
    pub fn room(&self) -> usize {
        // The invariant makes this exact; plain subtraction would carry an overflow check in debug builds.
        self.limit().wrapping_sub(self.len())
    }

    /// Moves the limit, to no less than the slots there are and no more than the capacity.
    pub fn set_limit(&mut self, limit: usize) {
        let limit = limit.min(self.capacity()).max(self.len());
        // SAFETY: at most `capacity` entries up, since `len` is no more than that either.
        self.limit = unsafe { self.bottom.add(limit) };
    }

    /// [`len`](Self::len) of a vector that others may be using, as of some moment between its beginning and its end of what
    /// they do: an estimate, but never above `capacity`, the number of entries of the storage.
    ///
    /// # Safety
    /// `this` is valid for reads.
    pub unsafe fn estimate_len_at(this: NonNull<Self>, capacity: usize) -> usize {
        let this = this.as_ptr();
        // SAFETY: valid for reads (contract).
        let top = unsafe { &raw const (*this).top };
        // SAFETY: valid for reads (contract).
        let bottom = unsafe { &raw const (*this).bottom };
        // SAFETY: valid for reads (contract); volatile, since the owner writes meanwhile: an aligned word is read as a whole.
        let top = unsafe { top.read_volatile() };
        // SAFETY: valid for reads (contract); volatile, since the owner writes meanwhile: an aligned word is read as a whole.
        let bottom = unsafe { bottom.read_volatile() };
        let bytes = top.addr().get().saturating_sub(bottom.addr().get());
        (bytes / size_of::<NonNull<u8>>()).min(capacity)
    }

    /// The slots, oldest first.
    #[inline]
    pub fn as_slice(&self) -> &[NonNull<u8>] {
        let all = NonNull::slice_from_raw_parts(self.bottom, self.len());
        // SAFETY: the entries up to `top` are written; the borrow of `self` keeps them so.
        unsafe { all.as_ref() }
    }

    /// Drops the `n` oldest slots, or all if there are fewer; the others keep their order.
    pub fn remove_oldest(&mut self, n: usize) {
        let n = n.min(self.len());
        // SAFETY: at most `len` entries up.
        let kept = unsafe { self.bottom.add(n) };
        let count = self.len() - n;
        // SAFETY: `count` entries from `kept` on are written, and lie in the storage at both places.
        unsafe { kept.copy_to(self.bottom, count) };
        // SAFETY: `count` is no more than `len`.
        self.top = unsafe { self.bottom.add(count) };
    }

    /// Drops the `n` oldest slots, or all if there are fewer, and moves nothing: the storage below the others is of no use
    /// until [`settle`](Self::settle).
    ///
    /// A signal handler may call it over a [`pop`](Self::pop_at) or [`push`](Self::push_at) of its own thread if a slot stays:
    /// neither the newest slot nor what the interrupted call has read of `top` and `limit` changes.
    pub fn drop_oldest_in_place(&mut self, n: usize) {
        // SAFETY: at most `len` entries up.
        self.bottom = unsafe { self.bottom.add(n.min(self.len())) };
    }

    /// Moves the slots to the start of the storage, which has `capacity` entries; says whether they were not there.
    ///
    /// # Safety
    /// `capacity` is that of [`new`](Self::new).
    #[inline]
    pub unsafe fn settle(&mut self, capacity: usize) -> bool {
        // SAFETY: the same contract.
        let start = unsafe { self.storage(capacity) }.cast();
        if start == self.bottom {
            return false;
        }
        let count = self.len();
        // SAFETY: `count` entries are written, and lie in the storage at both places.
        unsafe { self.bottom.copy_to(start, count) };
        self.bottom = start;
        // SAFETY: `count` is no more than the capacity.
        self.top = unsafe { start.add(count) };
        true
    }

    /// Where the storage begins, which has `capacity` entries.
    ///
    /// # Safety
    /// `capacity` is that of [`new`](Self::new).
    pub unsafe fn storage(&self, capacity: usize) -> NonNull<*mut u8> {
        // SAFETY: the storage has `capacity` entries (contract).
        unsafe { self.end.sub(capacity) }.cast()
    }

    /// Drops the `n` newest slots, or all if there are fewer.
    pub fn remove_newest(&mut self, n: usize) {
        let n = n.min(self.len());
        // SAFETY: `top` is `len` entries above `bottom`, and `n` is no more.
        self.top = unsafe { self.top.sub(n) };
    }

    /// Appends `slots` as they are, until there is no [`room`](Self::room), and returns the number of those appended.
    pub fn append(&mut self, slots: &[NonNull<u8>]) -> usize {
        let added = slots.len().min(self.room());
        // SAFETY: as many entries are free from `top` on, and in the storage, which nobody else uses.
        unsafe {
            self.top
                .copy_from_nonoverlapping(NonNull::from(slots).cast(), added)
        };
        // SAFETY: as many entries were written, and `top` stays at `limit` or below.
        self.top = unsafe { self.top.add(added) };
        added
    }

    /// Appends slots in random order until there is no [`room`](Self::room) or `slots` ends, and returns their number.
    /// What does not fit is not taken from `slots`.
    pub fn refill(&mut self, rng: &mut Pcg32, slots: impl Iterator<Item = NonNull<u8>>) -> usize {
        let added = self.refill_as_is(slots);
        self.shuffle_newest(added, rng);
        added
    }

    /// [`refill`](Self::refill) in the order in which `slots` come.
    #[inline]
    pub fn refill_as_is(&mut self, slots: impl Iterator<Item = NonNull<u8>>) -> usize {
        let before = self.len();
        // Neither way refuses a slot that was taken. Without a count in between an iterator can go through its slots at its own
        // pace.
        if slots.size_hint().1.is_some_and(|most| most <= self.room()) {
            slots.for_each(|slot| {
                self.push(slot);
            });
        } else {
            slots.take(self.room()).for_each(|slot| {
                self.push(slot);
            });
        }
        self.len() - before
    }

    /// Turns the order of all slots round: the oldest is the newest then.
    pub fn reverse(&mut self) {
        let mut all = NonNull::slice_from_raw_parts(self.bottom, self.len());
        // SAFETY: these entries are written, and `&mut self` makes this the only reference to them.
        unsafe { all.as_mut() }.reverse();
    }

    /// Puts the `n` newest slots, or all if there are fewer, into random order among themselves.
    pub fn shuffle_newest(&mut self, n: usize, rng: &mut Pcg32) {
        let n = n.min(self.len());
        // SAFETY: `top` is `len` entries above `bottom`, and `n` is no more.
        let first = unsafe { self.top.sub(n) };
        let mut newest = NonNull::slice_from_raw_parts(first, n);
        // SAFETY: these entries are written, and `&mut self` makes this the only reference to them.
        shuffle(unsafe { newest.as_mut() }, rng);
    }

    /// The number of entries from the bottom up to `mark`, one of the other three pointers.
    #[inline(always)]
    fn entries_to(&self, mark: NonNull<NonNull<u8>>) -> usize {
        // SAFETY: all four pointers are into one storage, and none is below `bottom`.
        unsafe { mark.offset_from_unsigned(self.bottom) }
    }
}

impl Default for ShuffleVector {
    fn default() -> Self {
        Self::empty()
    }
}
