//! Falling asleep, waking up, and looking after those that sleep.

use core::ptr::NonNull;
use core::sync::atomic::Ordering;

use globalheap::CentralHeap;
use heap::Upkeep;

use crate::rest::{ASLEEP, AWAKE, Calls, RELIEVED, Rest, SEEN, TAKEN};
use crate::thread_heap::ThreadHeap;
use crate::threads::Threads;

/// Bytes that a sleeping thread may keep.
const LITTLE: usize = 8 << 10;
/// Milliseconds from one time when a thread gives back by itself to the next, at least.
const BETWEEN_MS: u64 = 100;
/// Milliseconds from one look at the sleeping threads to the next.
const LOOK_MS: u64 = 50;
/// Heaps seen in one look, and heaps relieved, at most. The rest is for the next look, which then comes soon.
const SEEN_AT_ONCE: usize = 256;
const RELIEVED_AT_ONCE: usize = 16;
/// Milliseconds to that look.
const SOON_MS: u64 = 1;

/// Whether the thread of the heap at `local` sleeps.
///
/// # Safety
/// A heap is there. Heaps stay for ever.
unsafe fn rest_of<'a, C: CentralHeap>(local: NonNull<ThreadHeap<C>>) -> &'a Rest {
    // SAFETY: in bounds of the heap (contract).
    let rest = unsafe { &raw const (*local.as_ptr()).rest };
    // SAFETY: valid for reads for ever (contract); all of it is atomic.
    unsafe { &*rest }
}

impl<C: CentralHeap> Threads<C> {
    /// The calling thread may sleep from now on: gives back what `local` keeps if that is due, and otherwise lets others do
    /// it later. Looks after other sleeping threads, if nobody did lately.
    ///
    /// # Safety
    /// `local` is the calling thread's own heap. Until [`wake`](Self::wake) it is not used, but for the end of a call that
    /// was interrupted, as `calls` says.
    #[inline]
    pub unsafe fn fall_asleep(&self, local: NonNull<ThreadHeap<C>>, calls: Calls) {
        // SAFETY: an attached heap.
        let rest = unsafe { rest_of(local) };
        if !rest.is_calm() {
            // SAFETY: the same contract.
            unsafe { self.give_back_if_due(local, calls) };
        }
        rest.count();
        rest.stays.store(calls.stays() as u32, Ordering::Relaxed);
        // Release: pairs with the acquire of whoever takes the heap.
        rest.state.store(ASLEEP, Ordering::Release);
    }

    /// Whether a sleep now would do nothing but let others take what `local` keeps.
    ///
    /// # Safety
    /// `local` is the calling thread's own heap.
    #[inline]
    pub unsafe fn is_calm(&self, local: NonNull<ThreadHeap<C>>) -> bool {
        // SAFETY: an attached heap.
        unsafe { rest_of(local) }.is_calm()
    }

    /// Counts a [calm](Self::is_calm) sleep that does not [begin](Self::fall_asleep): there are no other threads.
    ///
    /// # Safety
    /// `local` is the calling thread's own heap.
    #[inline]
    pub unsafe fn stay_calm(&self, local: NonNull<ThreadHeap<C>>) {
        // SAFETY: an attached heap.
        unsafe { rest_of(local) }.count();
    }

    /// Gives back what `local` keeps, and looks after other sleeping threads, if that is due.
    ///
    /// # Safety
    /// As for [`fall_asleep`](Self::fall_asleep).
    #[cold]
    #[inline(never)]
    unsafe fn give_back_if_due(&self, local: NonNull<ThreadHeap<C>>, calls: Calls) {
        // SAFETY: an attached heap.
        let rest = unsafe { rest_of(local) };
        let now = self.global().pages().clock_ms();
        if now >= self.next_look.load(Ordering::Relaxed) {
            self.look_after_sleepers(now);
        }
        let due = rest.gave_back.load(Ordering::Relaxed) + BETWEEN_MS;
        if now >= due {
            rest.gave_back.store(now, Ordering::Relaxed);
            // SAFETY: the calling thread's own heap, and no other function of it runs. A call that was interrupted finds
            // what it needs: the newest slots stay.
            unsafe { self.relieve(local, calls.stays()) };
        }
    }

    /// The calling thread sleeps no longer; nothing happens if it did not.
    ///
    /// # Safety
    /// `local` is the calling thread's own heap.
    #[inline]
    pub unsafe fn wake(&self, local: NonNull<ThreadHeap<C>>) {
        // SAFETY: an attached heap.
        let rest = unsafe { rest_of(local) };
        if !rest.step(ASLEEP, AWAKE, Ordering::Acquire) {
            self.wake_from(rest);
        }
    }

    #[cold]
    #[inline(never)]
    fn wake_from(&self, rest: &Rest) {
        for state in [SEEN, RELIEVED, AWAKE] {
            // Acquire: pairs with the release of whoever relieved it.
            if rest.step(state, AWAKE, Ordering::Acquire) {
                return;
            }
        }
        // It is taken, or was a moment ago. With the lock, nobody looks at it.
        let heaps = self.heaps.lock();
        rest.state.store(AWAKE, Ordering::Relaxed);
        drop(heaps);
    }

    /// Relieves threads that have slept for a while of what they keep, if nobody looked after them lately.
    pub fn look_after_sleepers_if_due(&self) {
        if self.attached() > 1 {
            let now = self.global().pages().clock_ms();
            if now >= self.next_look.load(Ordering::Relaxed) {
                self.look_after_sleepers(now);
            }
        }
    }

    #[cold]
    #[inline(never)]
    fn look_after_sleepers(&self, now: u64) {
        let due = self.next_look.load(Ordering::Relaxed);
        let next = now + LOOK_MS;
        let mine = self
            .next_look
            .compare_exchange(due, next, Ordering::Relaxed, Ordering::Relaxed);
        if now < due || mine.is_err() {
            return;
        }
        if !self.look(SEEN) {
            self.next_look.store(now + SOON_MS, Ordering::Relaxed);
        }
    }

    /// Relieves all threads that sleep now.
    pub fn relieve_sleepers(&self) {
        // One round to the oldest heap from wherever the last look ended, and one of all.
        for _ in 0..2 {
            while !self.look(ASLEEP) {}
        }
    }

    /// Goes on with the list: relieves those that are `ripe`, and notes the others that sleep. Says whether the oldest heap
    /// was reached.
    fn look(&self, ripe: u32) -> bool {
        let mut heaps = self.heaps.lock();
        let mut next = heaps.looked_at.or(heaps.newest);
        let mut relieved = 0;
        for _ in 0..SEEN_AT_ONCE {
            let Some(local) = next else { break };
            // SAFETY: heaps of the list stay for ever.
            let rest = unsafe { rest_of(local) };
            let state = rest.state.load(Ordering::Relaxed);
            let is_ripe = matches!(state, ASLEEP | SEEN) && state >= ripe;
            // Acquire: pairs with the release of `fall_asleep`.
            if is_ripe && rest.step(state, TAKEN, Ordering::Acquire) {
                let stays = rest.stays.load(Ordering::Relaxed) as usize;
                // SAFETY: its thread sleeps; when it wakes up, it finds the heap taken, and waits for the lock. What stays
                // is what it asked for.
                unsafe { self.relieve(local, stays) };
                // Release: pairs with the acquire of `wake`.
                rest.state.store(RELIEVED, Ordering::Release);
                relieved += 1;
            } else if state == ASLEEP {
                rest.step(ASLEEP, SEEN, Ordering::Relaxed);
            }
            // SAFETY: written before the heap came into the list, and never again.
            next = unsafe { (*local.as_ptr()).older };
            if relieved == RELIEVED_AT_ONCE {
                break;
            }
        }
        heaps.looked_at = next;
        next.is_none()
    }

    /// Gives back what the heap at `local` keeps, but for the `stays` newest slots of each class, if it is more than a
    /// little. Where nothing stays and there are other threads, or much, the pages of its vectors go too.
    ///
    /// # Safety
    /// Nobody else uses the heap, but for a call that was interrupted and needs no more than what stays.
    unsafe fn relieve(&self, local: NonNull<ThreadHeap<C>>, stays: usize) {
        // SAFETY: a heap is there, and this is its only user (contract).
        let heap = unsafe { &mut *local.as_ptr() };
        if heap.kept_bytes() > LITTLE {
            heap.give_back(stays);
            if stays == 0 {
                heap.give_back_storage(self.attached() > 1);
            }
        }
    }
}
