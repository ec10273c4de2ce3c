//! The heap of one thread.

mod at_hand;
mod mistakes;
mod room;

use core::alloc::Layout;
use core::mem::{MaybeUninit, offset_of};
use core::ptr::NonNull;

use globalheap::{CentralHeap, Claims, Placement};
use heap::{ClassMap, Heap, Label, Labels, Metadata, OwnerId, SizeClass, SpanPages, Upkeep};
use miniheap::SpanClasses;
use rand_pcg::Pcg32;
use shufflevector::ShuffleVector;

use crate::budget::{
    BETWEEN_LOOKS, Budget, CACHE_LINE, CLASSES, GIVEN_AT_ONCE, HOMEWARD, LEFT_STORAGE,
    LINE_CLASSES, SPANS_PER_REFILL, budget_of, free_limit, most_slots, refill_size,
};
use crate::rest::Rest;
use crate::storage::Storage;

/// The front end of one thread over the heap `C`.
///
/// A freed object stays with the thread that frees it, whoever's page it is in: threads that free each other's objects reuse
/// them. Only objects smaller than a cache line go home to their page's heap, since two threads that write to one line slow
/// each other down; until there are enough of them for a batch, they wait in vectors of their own.
///
/// **Invariant:** a vector holds only slots that are claimed and that the program does not have, of its own class. A heap that
/// [serves nobody](Self::IDLE) has vectors without room and no labels, so that its fast paths find nothing: there is no
/// question "is there a heap".
#[repr(C, align(64))]
pub struct ThreadHeap<C: CentralHeap> {
    /// None of them lies across two cache lines. They come first: a vector's address is one addition then.
    vectors: [ShuffleVector; CLASSES],
    /// Those that there were when a free was last looked at closely: of newer pages the fast path knows nothing.
    labels: Labels,
    /// What the label of a page of mine has in common with that of class 0: my number in the owner's place.
    mine: usize,
    /// Slots that are handed out before the upkeep is thought of, however much is at hand.
    countdown: i32,
    /// The clock of the heap when the countdown began: slots handed out.
    counted: u32,
    owner: OwnerId,
    /// The next heap that serves nobody, while this one does not either.
    pub(crate) next: Option<NonNull<Self>>,
    /// The heap below, which outlives this one; `None` when this one serves nobody for good.
    global: Option<NonNull<C>>,
    /// Slots of other heaps' pages, of the classes whose objects share cache lines.
    homeward: [ShuffleVector; LINE_CLASSES],
    /// What is behind each of the vectors.
    behind: [Behind; CLASSES],
    behind_homeward: [Behind; LINE_CLASSES],
    rng: MaybeUninit<Pcg32>,
    /// The entries of all vectors.
    storage: Storage,
    /// What a refill brings, for a moment.
    claims: Claims,
    /// Bytes that the limits of the vectors are charged for, and how much that may be.
    charged: usize,
    budget: usize,
    /// How much it may be for the first threads from now on.
    budget_of_first: Option<NonNull<Budget>>,
    /// The class that lost room last.
    hand: usize,
    /// How often more will be denied without a look.
    denied: u32,
    /// Whether the thread sleeps.
    pub(crate) rest: Rest,
    /// The heap that was made before this one.
    pub(crate) older: Option<NonNull<Self>>,
}

/// The clock of a new heap: nothing has happened for so long.
const LONG_AGO: u32 = 1 << 31;

/// What a vector does not know of itself.
#[derive(Clone, Copy)]
struct Behind {
    /// Entries of its storage; there is none for zero.
    capacity: u32,
    /// Slots that were given up, and that no refill has brought back.
    given: u32,
    /// Slots that were given up and that refills brought back: they could have stayed. Counted until more is kept for them.
    missed: u32,
    /// What the clock said when it last ran empty or full.
    last: u32,
    /// Whether it ran empty or full since the hand last came by.
    used: bool,
}

impl Behind {
    const NOTHING: Self = Self {
        capacity: 0,
        given: 0,
        missed: 0,
        last: 0,
        used: false,
    };
}

// SAFETY: it is the only one to use its slots and entries; the heap below is shared.
unsafe impl<C: CentralHeap> Send for ThreadHeap<C> {}

impl<C: CentralHeap> ThreadHeap<C> {
    /// Bytes in a page.
    const PAGE_SIZE: usize = <C::Pages as SpanPages>::PAGE_SIZE;

    const LINES: () = assert!(
        offset_of!(Self, vectors).is_multiple_of(size_of::<ShuffleVector>())
            && CACHE_LINE.is_multiple_of(size_of::<ShuffleVector>())
            && align_of::<Self>() == CACHE_LINE
    );

    /// A heap that serves nobody: it has nothing, and takes nothing. Threads without a heap of their own share one.
    #[expect(
        clippy::declare_interior_mutable_const,
        reason = "each use is another heap"
    )]
    pub const IDLE: Self = Self {
        labels: Labels::none(),
        mine: 0,
        countdown: 0,
        counted: LONG_AGO,
        owner: OwnerId::NOBODY,
        vectors: [const { ShuffleVector::empty() }; CLASSES],
        rng: MaybeUninit::uninit(),
        homeward: [const { ShuffleVector::empty() }; LINE_CLASSES],
        behind: [Behind::NOTHING; CLASSES],
        behind_homeward: [Behind::NOTHING; LINE_CLASSES],
        storage: Storage::NONE,
        claims: Claims::NONE,
        charged: 0,
        budget: 0,
        budget_of_first: None,
        hand: 0,
        denied: 0,
        rest: Rest::awake(),
        older: None,
        next: None,
        global: None,
    };

    /// Makes a heap for `owner`; `None` when there is no memory.
    ///
    /// # Safety
    /// `global` and `budget` stay where they are for as long as the heap is used.
    pub(crate) unsafe fn make(
        global: &C,
        budget: &Budget,
        owner: OwnerId,
    ) -> Option<NonNull<Self>> {
        const { Self::LINES };
        let at = global.pages().metadata(Layout::new::<Self>())?.cast();
        // In its place: it is too large for a small stack.
        // SAFETY: the block is large enough, aligned, and ours.
        unsafe { at.write(Self::IDLE) };
        // SAFETY: written above, and nobody else knows it yet.
        let heap: &mut Self = unsafe { &mut *at.as_ptr() };
        heap.labels = global.labels();
        heap.mine = Label::small(SizeClass(0), owner).0 as usize;
        heap.owner = owner;
        heap.countdown = BETWEEN_LOOKS;
        heap.budget_of_first = Some(NonNull::from(budget));
        heap.budget = heap.budget_of_now();
        heap.global = Some(NonNull::from(global));
        heap.rng = MaybeUninit::new(Pcg32::new(global.pages().entropy(), owner.0.into()));
        Some(at)
    }

    /// The number in the labels of pages that this heap refilled from last.
    pub fn owner(&self) -> OwnerId {
        self.owner
    }

    /// The vector of `class`.
    #[inline(always)]
    fn vector(&mut self, class: SizeClass) -> &mut ShuffleVector {
        debug_assert!(class.index() < CLASSES);
        // SAFETY: classes come from `SpanClasses::class_of` and its like, whose tables hold numbers below `ALL` only (asserted
        // where they are made), or from labels, which are set to such classes.
        unsafe { self.vectors.get_unchecked_mut(class.index()) }
    }

    /// The heap below; `None` when this heap serves nobody.
    fn global<'g>(&self) -> Option<&'g C> {
        // SAFETY: it stays where it is for as long as this heap is used (contract of `make`).
        self.global.map(|global| unsafe { global.as_ref() })
    }

    /// Bytes that this heap may keep from now on, of what is not free of charge.
    fn budget_of_now(&self) -> usize {
        // SAFETY: it stays where it is for as long as this heap is used (contract of `make`).
        let most = self.budget_of_first.map(|most| unsafe { most.as_ref() });
        most.map_or(0, |most| budget_of(self.owner, most.load()))
    }

    /// Whether this heap serves a thread.
    pub fn serves(&self) -> bool {
        self.global.is_some()
    }

    /// Does what is due from time to time, if [`pop_at`](Self::pop_at) said no since it has handed out so many slots.
    #[inline]
    pub fn look_after(&mut self) {
        if self.countdown < 0 {
            self.counted = self.clock();
            self.countdown = BETWEEN_LOOKS;
            if let Some(global) = self.global() {
                global.keep_up();
                self.renew_budget(global);
            }
        }
    }

    /// A slot of `class` that is at hand, after what is due from time to time.
    #[inline]
    fn at_hand(&mut self, class: SizeClass) -> Option<NonNull<u8>> {
        // SAFETY: `&mut self` makes this the only user.
        let slot = unsafe { Self::pop_at(NonNull::from(&mut *self), class) };
        slot.or_else(|| {
            self.look_after();
            self.vector(class).pop()
        })
    }

    /// A slot of `class` after the vector ran empty; `None` when there is no memory.
    #[cold]
    #[inline(never)]
    pub fn refill(&mut self, class: SizeClass) -> Option<NonNull<u8>> {
        let global = self.global()?;
        self.rest.stir();
        // What is handed out soon may be on pages that are newer than what is known of them.
        self.labels.renew(global.labels());
        if self.settle(class) {
            // What the thread kept when it went to sleep was too much.
            let limit = self.vector(class).limit();
            self.shrink(class, (limit / 2).max(free_limit(class)));
        } else {
            self.grow_by_refill(global, class);
        }
        let limit = self.vector(class).limit();
        // SAFETY: a heap that has a global heap was made by `make`, which wrote the generator.
        let rng = unsafe { self.rng.assume_init_mut() };
        let vector = self.vectors.get_mut(class.index())?;
        if limit == 0 {
            // Nothing is kept of the class, for now.
            return global.refill_one(class, self.owner, rng, &mut self.claims);
        }
        let wanted = refill_size(class, limit);
        let most = limit.min(2 * wanted);
        // There is room: the vector was empty, and there are no more than its limit.
        let mut taken = global.take_over(class, wanted, |slots| {
            vector.append(slots);
        });
        if taken == 0 && SpanClasses::is_whole(class) {
            taken = global.refill_whole(class, self.owner, wanted, |object| {
                vector.push(object);
            });
        } else if taken == 0 {
            let mut spans = 0;
            while taken < wanted && spans < SPANS_PER_REFILL {
                let left = wanted - taken..=most - taken;
                let some = global.refill(class, self.owner, left, rng, &mut self.claims);
                if some == 0 {
                    break;
                }
                taken += some;
                spans += expand(&mut self.claims, vector, rng);
            }
            if C::PLACEMENT != Placement::Permuted {
                // The newest is the first to be handed out.
                vector.reverse();
            }
        }
        self.note_refill(class, taken);
        self.vector(class).pop()
    }

    /// Takes back an object of which [`push_at`](Self::push_at) said no, for whatever reason.
    ///
    /// # Safety
    /// * This heap [serves](Self::serves) the calling thread.
    /// * `object` is an object in use of the heap below or of a thread heap over it; nobody uses it any more.
    #[cold]
    #[inline(never)]
    pub unsafe fn free_elsewhere(&mut self, object: NonNull<u8>) {
        // SAFETY: `&mut self` makes this the only user; the object is given up.
        if unsafe { Self::keep_at(NonNull::from(&mut *self), object.as_ptr()) } {
            return;
        }
        let Some(global) = self.global() else { return };
        self.rest.stir();
        // The heap may have grown since this was looked at.
        self.labels.renew(global.labels());
        let address = object.addr().get();
        // Not ours at all: from a time before us, or from another allocator.
        let Some(page) = self.labels.page_at(address) else {
            return;
        };
        let Some((class, owner)) = self.labels.label(page).as_small() else {
            // SAFETY: nobody uses the object any more.
            return unsafe { global.free_large(object) };
        };
        if let Some(what) = self.mistake(global, class, page, object) {
            return C::misuse(what, address);
        }
        let is_mine = owner == self.owner;
        // Otherwise it has properties that end with it.
        let may_stay = owner != OwnerId::NEVER;
        if may_stay {
            self.make_room(global, class, is_mine);
        }
        if !(may_stay && self.vector_for(class, is_mine).push(object)) {
            // SAFETY: nobody uses the object any more.
            unsafe { global.release(class, &[object]) };
        }
    }

    /// The vector that takes slots of `class`, of pages of mine or of others.
    fn vector_for(&mut self, class: SizeClass, is_mine: bool) -> &mut ShuffleVector {
        if !is_mine && class.index() < LINE_CLASSES {
            &mut self.homeward[class.index()]
        } else {
            self.vector(class)
        }
    }

    /// All vectors, those of slots that go home included, with the class of each.
    fn all_vectors(&mut self) -> impl Iterator<Item = (SizeClass, &mut ShuffleVector)> {
        let numbered = |(class, vector)| (SizeClass(class as u8), vector);
        let vectors = self.vectors.iter_mut().enumerate().map(numbered);
        let homeward = self.homeward.iter_mut().enumerate().map(numbered);
        vectors.chain(homeward)
    }

    /// Gives back all slots but the `stays` newest of each vector, which stay where they are. Upkeep is left to others.
    pub(crate) fn give_back(&mut self, stays: usize) {
        let Some(global) = self.global() else { return };
        for (class, vector) in self.all_vectors() {
            let older = vector.len().saturating_sub(stays);
            let slots = vector.as_slice().get(..older).unwrap_or_default();
            for slots in slots.chunks(GIVEN_AT_ONCE) {
                // SAFETY: the vector's slots are claimed, and the program does not have them.
                unsafe { global.take_home(class, slots) };
            }
            if older > 0 {
                vector.drop_oldest_in_place(older);
            }
        }
    }

    /// Gives back all slots, and starts with small vectors again.
    pub fn flush(&mut self) {
        let Some(global) = self.global() else { return };
        for (class, vector) in self.all_vectors() {
            for slots in vector.as_slice().chunks(GIVEN_AT_ONCE) {
                // SAFETY: the vector's slots are claimed, and the program does not have them.
                unsafe { global.release(class, slots) };
            }
            vector.remove_oldest(usize::MAX);
        }
        self.start_anew(global, LEFT_STORAGE);
    }

    /// [`kept_bytes`](Self::kept_bytes) of a heap that its thread may be using: an estimate then.
    ///
    /// # Safety
    /// A heap is there.
    pub(crate) unsafe fn estimate_kept_bytes_at(this: NonNull<Self>) -> usize {
        // SAFETY: a field of the heap (contract); no reference is made, here or below.
        let vectors = unsafe { &raw mut (*this.as_ptr()).vectors }.cast::<ShuffleVector>();
        // SAFETY: a field of the heap (contract).
        let homeward = unsafe { &raw mut (*this.as_ptr()).homeward }.cast::<ShuffleVector>();
        let estimate = |first: *mut ShuffleVector, class: usize, capacity: usize| {
            let Some(vector) = NonNull::new(first.wrapping_add(class)) else {
                return 0;
            };
            // SAFETY: a vector of the heap: there is one for each of these classes.
            let slots = unsafe { ShuffleVector::estimate_len_at(vector, capacity) };
            slots * SpanClasses::object_size(SizeClass(class as u8))
        };
        let most = |class| most_slots(SizeClass(class as u8));
        let at_hand = (0..CLASSES).map(|class| estimate(vectors, class, most(class)));
        let on_their_way = (0..LINE_CLASSES).map(|class| estimate(homeward, class, HOMEWARD));
        at_hand.chain(on_their_way).sum()
    }

    /// Bytes of all slots at hand or on their way home.
    pub fn kept_bytes(&self) -> usize {
        let sizes = || {
            SpanClasses::GEOMETRIES
                .iter()
                .map(|spans| spans.object_size)
        };
        let vectors = self.vectors.iter().zip(sizes());
        vectors
            .chain(self.homeward.iter().zip(sizes()))
            .map(|(vector, size)| vector.len() * size as usize)
            .sum()
    }
}

/// Adds what was claimed to `vector`; returns the number of spans that it is of. Its frame is not above those of a refill: some stacks
/// are small.
#[inline(never)]
fn expand(claims: &mut Claims, vector: &mut ShuffleVector, rng: &mut Pcg32) -> usize {
    let mut spans = 0;
    // Slots of a span stay together: what is allocated together often dies together.
    for slots in claims.drain() {
        spans += 1;
        if slots.shuffled() {
            vector.refill(rng, slots);
        } else {
            vector.refill_as_is(slots);
        }
    }
    spans
}

// SAFETY: slots come from refills, which claim each for one taker; large blocks from runs of their own. `class_for` gives a
// class with the size and alignment that the layout asks for.
unsafe impl<C: CentralHeap> Heap for ThreadHeap<C> {
    #[inline]
    fn allocate(&mut self, layout: Layout) -> Option<NonNull<u8>> {
        match SpanClasses::class_for(layout.size(), layout.align()) {
            Some(class) => self.at_hand(class).or_else(|| self.refill(class)),
            None => Some(
                self.global()?
                    .allocate_large(layout.size(), layout.align())?
                    .start,
            ),
        }
    }

    #[inline]
    unsafe fn deallocate(&mut self, block: NonNull<u8>, _layout: Layout) {
        // SAFETY: the caller gives the block up.
        if !unsafe { Self::push_at(NonNull::from(&mut *self), block.as_ptr()) } {
            // SAFETY: the caller gives the block up, and a heap that handed out blocks serves its thread.
            unsafe { self.free_elsewhere(block) };
        }
    }
}
