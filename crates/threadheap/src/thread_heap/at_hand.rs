//! The fast paths, through the pointer that a thread has to its heap: it may lead to an idle one, which is only read.

use core::ptr::NonNull;

use globalheap::CentralHeap;
use heap::{Label, OwnerId, SizeClass};
use shufflevector::ShuffleVector;

use super::ThreadHeap;
use crate::budget::{CLASSES, LINE_CLASSES};

impl<C: CentralHeap> ThreadHeap<C> {
    /// The vector of `class` of the heap at `this`.
    #[inline(always)]
    pub(super) unsafe fn vector_at(
        this: NonNull<Self>,
        class: SizeClass,
    ) -> NonNull<ShuffleVector> {
        debug_assert!(class.index() < CLASSES);
        // SAFETY: `this` is valid for reads (contract of the callers); no reference is made.
        let vectors = unsafe { &raw mut (*this.as_ptr()).vectors }.cast::<ShuffleVector>();
        // SAFETY: there is a vector for each class.
        let vector = unsafe { vectors.add(class.index()) };
        // SAFETY: a field's address is not null.
        unsafe { NonNull::new_unchecked(vector) }
    }

    /// A slot of `class` that is at hand. `None` as well when it is time to [look](Self::look_after) whether upkeep is due.
    ///
    /// # Safety
    /// `this` is [`IDLE`](Self::IDLE), which is only read, or nobody else uses it.
    #[inline(always)]
    pub unsafe fn pop_at(this: NonNull<Self>, class: SizeClass) -> Option<NonNull<u8>> {
        // SAFETY: valid for reads (contract).
        let vector = unsafe { Self::vector_at(this, class) };
        // SAFETY: valid for reads (contract); no reference is made.
        let countdown = unsafe { &raw mut (*this.as_ptr()).countdown };
        let is_time = || {
            // SAFETY: a vector with slots is not an idle heap's, so the caller alone uses the heap.
            let left = unsafe { countdown.read() }.wrapping_sub(1);
            // SAFETY: as above.
            unsafe { countdown.write(left) };
            // It goes on saying so until somebody looks.
            left < 0
        };
        // SAFETY: an idle heap's vectors have no storage; any other is used by the caller alone.
        unsafe { ShuffleVector::pop_unless_at(vector, is_time) }
    }

    /// The label of the page of `address`, if that is in the arena of the heap at `this` and an object can start there.
    ///
    /// # Safety
    /// As for [`pop_at`](Self::pop_at).
    #[inline(always)]
    unsafe fn label_at(this: NonNull<Self>, address: *mut u8) -> Option<Label> {
        // SAFETY: valid for reads (contract); only the caller's own thread changes them.
        let labels = unsafe { &raw const (*this.as_ptr()).labels };
        // SAFETY: valid for reads (contract).
        let labels = unsafe { labels.read() };
        labels.label_of_object(address.addr(), const { Self::PAGE_SIZE.trailing_zeros() })
    }

    /// The class of the small object at `address`; `None` for all others, and for all where the heap at `this` has no arena.
    ///
    /// # Safety
    /// As for [`pop_at`](Self::pop_at).
    #[inline(always)]
    pub unsafe fn class_at(this: NonNull<Self>, address: *mut u8) -> Option<SizeClass> {
        // SAFETY: the same contract.
        let label = unsafe { Self::label_at(this, address) };
        label.and_then(Label::as_small).map(|(class, _)| class)
    }

    /// Keeps the object at `address` if its page is mine and there is room; says whether it did.
    ///
    /// # Safety
    /// * As for [`pop_at`](Self::pop_at).
    /// * At `address` is an object in use, or it is outside of the arena; nobody uses the object any more.
    #[inline(always)]
    pub unsafe fn push_at(this: NonNull<Self>, address: *mut u8) -> bool {
        // SAFETY: the same contract.
        let Some(label) = (unsafe { Self::label_at(this, address) }) else {
            return false;
        };
        // SAFETY: valid for reads (contract).
        let mine = unsafe { (*this.as_ptr()).mine };
        let class = label.0 as usize ^ mine;
        if class >= CLASSES {
            return false;
        }
        // SAFETY: valid for reads (contract); the class was checked.
        let vector = unsafe { Self::vector_at(this, SizeClass(class as u8)) };
        // SAFETY: the address lies in the arena, which is not at zero.
        let object = unsafe { NonNull::new_unchecked(address) };
        // SAFETY: an idle heap's vectors have no storage; any other is used by the caller alone.
        unsafe { ShuffleVector::push_another_at(vector, object) }
    }

    /// Keeps the object at `address`, in whoever's page it is, if there is room; says whether it did. Comes after
    /// [`push_at`](Self::push_at).
    ///
    /// # Safety
    /// As for [`push_at`](Self::push_at).
    #[inline(always)]
    pub unsafe fn keep_at(this: NonNull<Self>, address: *mut u8) -> bool {
        // SAFETY: the same contract.
        let label = unsafe { Self::label_at(this, address) };
        let small = label.and_then(Label::as_small);
        let Some((class, owner)) = small else {
            return false;
        };
        // Of an object of whole pages no other address can be one.
        let is_odd = owner == OwnerId::NOBODY && !address.addr().is_multiple_of(Self::PAGE_SIZE);
        if class.index() >= CLASSES || is_odd || owner == OwnerId::NEVER {
            return false;
        }
        // SAFETY: valid for reads (contract).
        let is_mine = owner == unsafe { (*this.as_ptr()).owner };
        let vector = if class.index() < LINE_CLASSES && !is_mine {
            // SAFETY: valid for reads (contract); no reference is made.
            let homeward = unsafe { &raw mut (*this.as_ptr()).homeward }.cast::<ShuffleVector>();
            // SAFETY: the class was checked.
            let vector = unsafe { homeward.add(class.index()) };
            // SAFETY: a field's address is not null.
            unsafe { NonNull::new_unchecked(vector) }
        } else {
            // SAFETY: valid for reads (contract); the class was checked.
            unsafe { Self::vector_at(this, class) }
        };
        // SAFETY: the address lies in the arena, which is not at zero.
        let object = unsafe { NonNull::new_unchecked(address) };
        // SAFETY: an idle heap's vectors have no storage; any other is used by the caller alone.
        unsafe { ShuffleVector::push_another_at(vector, object) }
    }
}
