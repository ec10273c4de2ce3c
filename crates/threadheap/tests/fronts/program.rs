//! A program with objects from several front ends.

use std::alloc::Layout;
use std::cell::RefCell;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use arena::{Arena, FailNth};
use globalheap::{Misuse, Report};
use heap::{Heap, ThreadLocalHeap};
use meshheap::MeshHeap;
use meshing::ComplementMesher;
use miniheap::SpanClasses;
use threadheap::{ThreadHeap, Threads};

use crate::confined::Confined;

pub(crate) type Pages = Arena<FailNth<Confined>>;
pub(crate) type Shared = Threads<MeshHeap<Pages, ComplementMesher, Told>>;
pub(crate) type Front = ThreadHeap<MeshHeap<Pages, ComplementMesher, Told>>;

/// Keeps what was told on this thread.
pub(crate) struct Told;

thread_local! {
    static TOLD: RefCell<Vec<(Misuse, usize)>> = const { RefCell::new(Vec::new()) };
}

impl Report for Told {
    fn misuse(what: Misuse, address: usize) {
        TOLD.with_borrow_mut(|told| told.push((what, address)));
    }
}

impl Told {
    /// What was told since the last call.
    pub(crate) fn take() -> Vec<(Misuse, usize)> {
        TOLD.take()
    }
}

/// A heap in few addresses. It is boxed, since front ends point to it.
pub(crate) fn heap() -> Box<Shared> {
    heap_with_clock().0
}

/// The same with its clock, in milliseconds.
pub(crate) fn heap_with_clock() -> (Box<Shared>, Arc<AtomicU64>) {
    heap_over(Confined::to(64 << 20))
}

/// A heap in so many bytes of addresses.
pub(crate) fn heap_with_addresses(bytes: usize) -> Box<Shared> {
    heap_over(Confined::to(bytes)).0
}

fn heap_over(os: Confined) -> (Box<Shared>, Arc<AtomicU64>) {
    let clock = os.clock();
    let pages = Arena::new(FailNth::new(os));
    (Box::new(Threads::new(MeshHeap::new(pages))), clock)
}

/// A front end that the test uses alone, until it is dropped.
pub(crate) struct Attached<'h> {
    heap: &'h Shared,
    front: NonNull<Front>,
}

impl<'h> Attached<'h> {
    pub(crate) fn to(heap: &'h Shared) -> Self {
        let front = heap.attach().expect("there is memory for a front end");
        Self { heap, front }
    }

    pub(crate) fn front(&mut self) -> &mut Front {
        // SAFETY: attached, and nobody else has it.
        unsafe { self.front.as_mut() }
    }

    pub(crate) fn at(&self) -> NonNull<Front> {
        self.front
    }

    pub(crate) fn kept_bytes(&self) -> usize {
        // SAFETY: attached, and nobody else has it.
        unsafe { self.front.as_ref() }.kept_bytes()
    }

    pub(crate) fn allocate(&mut self, layout: Layout) -> Option<Object> {
        let start = self.front().allocate(layout)?;
        Some(Object {
            start,
            layout,
            content: 0,
        })
    }

    pub(crate) fn free(&mut self, object: Object) {
        object.verify();
        // SAFETY: the object is live, and given up here.
        unsafe { self.front().deallocate(object.start, object.layout) };
    }
}

impl Drop for Attached<'_> {
    fn drop(&mut self) {
        // SAFETY: attached, and not used any more.
        unsafe { self.heap.detach(self.front) };
    }
}

/// An object in use, and what is written to all of its bytes.
#[derive(Debug)]
pub(crate) struct Object {
    pub(crate) start: NonNull<u8>,
    pub(crate) layout: Layout,
    content: u8,
}

// SAFETY: an object belongs to whoever has this value.
unsafe impl Send for Object {}

impl Object {
    pub(crate) fn fill(&mut self, content: u8) {
        self.content = content;
        // SAFETY: the object is in use and has so many bytes.
        unsafe { self.start.write_bytes(content, self.layout.size()) };
    }

    pub(crate) fn verify(&self) {
        let bytes = NonNull::slice_from_raw_parts(self.start, self.layout.size());
        // SAFETY: the object is in use; nobody writes to it now.
        let bytes = unsafe { bytes.as_ref() };
        assert!(
            self.content == 0 || bytes.iter().all(|&byte| byte == self.content),
            "{self:?}"
        );
    }

    /// Bytes that the heap spends on it.
    pub(crate) fn rounded(&self) -> usize {
        let (size, align) = (self.layout.size(), self.layout.align());
        SpanClasses::class_for(size, align).map_or(
            size.next_multiple_of(4096),
            <SpanClasses as heap::ClassMap>::object_size,
        )
    }
}
