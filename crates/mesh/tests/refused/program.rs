//! A program with objects on real pages.

use std::alloc::Layout;
use std::collections::BTreeSet;
use std::ptr::NonNull;

use heap::{Heap, PageCount, SpanPages, ThreadLocalHeap};
use mesh::{Arena, CentralHeap, ComplementMesher, FailNth, Ignore, MeshHeap, ThreadHeap, Threads};
use rand_pcg::Pcg32;
use rand_pcg::rand_core::Rng;

use crate::confined::Confined;

type Pages = Arena<FailNth<Confined>>;
type Shared = Threads<MeshHeap<Pages, ComplementMesher, Ignore>>;
type Front = ThreadHeap<MeshHeap<Pages, ComplementMesher, Ignore>>;

const PAGE: usize = 4096;

/// An object, and what was written to all of its bytes; nothing yet, if it is zero.
#[derive(Clone, Copy, Debug)]
struct Object {
    start: NonNull<u8>,
    layout: Layout,
    content: u8,
}

/// A heap with one front end, and what a program has in it.
pub(crate) struct Program {
    pub(crate) heap: Box<Shared>,
    front: Option<NonNull<Front>>,
    objects: Vec<Object>,
    rng: Pcg32,
    written: u8,
    /// Pages that the arena has ever handed out: in use or in its stores.
    known: usize,
    /// Whether the system may refuse to lift a protection. (It does so only when it has no memory at all.)
    pub(crate) may_stick: bool,
}

/// Whether the kernel lets this process write there.
fn is_writable(start: NonNull<u8>, len: usize) -> bool {
    let mut ends = [0; 2];
    // SAFETY: the array has room for two descriptors.
    let failed = unsafe { libc::pipe(ends.as_mut_ptr()) };
    assert_eq!(failed, 0);
    let writable = [0, len - 1].into_iter().all(|offset| {
        // SAFETY: the offset lies in the object.
        let at = unsafe { start.add(offset) }.as_ptr().cast();
        // SAFETY: the kernel reads one byte of the object.
        let sent = unsafe { libc::write(ends[1], at, 1) };
        assert_eq!(sent, 1);
        // SAFETY: the kernel writes the same byte back, or nothing.
        unsafe { libc::read(ends[0], at, 1) == 1 }
    });
    for end in ends {
        // SAFETY: opened above, and used nowhere else.
        unsafe { libc::close(end) };
    }
    writable
}

impl Object {
    fn verify(&self) {
        let bytes = NonNull::slice_from_raw_parts(self.start, self.layout.size());
        // SAFETY: the object is in use, and nobody writes to it now.
        let bytes = unsafe { bytes.as_ref() };
        let whole = self.content == 0 || bytes.iter().all(|&byte| byte == self.content);
        assert!(whole, "{self:?} has changed");
    }
}

impl Program {
    pub(crate) fn new() -> Self {
        let pages = Arena::new(FailNth::new(Confined::to(32 << 20)));
        let heap = Box::new(Threads::new(MeshHeap::new(pages)));
        // SAFETY: there is one thread, and it writes to no object while a cycle runs.
        unsafe { heap.global().enable_meshing() };
        Self {
            heap,
            front: None,
            objects: Vec::new(),
            rng: Pcg32::new(1, 2),
            written: 0,
            known: 0,
            may_stick: false,
        }
    }

    fn pages(&self) -> &Pages {
        self.heap.global().pages()
    }

    /// Has the system refuse these calls, counted from now.
    pub(crate) fn refuse(&self, first: u64, end: u64) {
        self.pages().os().refuse(first, end);
    }

    pub(crate) fn calls(&self) -> u64 {
        self.pages().os().calls()
    }

    fn front(&mut self) -> Option<&mut Front> {
        if self.front.is_none() {
            self.front = self.heap.attach();
        }
        // SAFETY: attached, and nobody else has it.
        self.front.as_mut().map(|front| unsafe { front.as_mut() })
    }

    /// Asks for objects, as many as there is memory for.
    pub(crate) fn allocate(&mut self, size: usize, count: usize) {
        let layout = Layout::from_size_align(size, 16).expect("a plain layout");
        for _ in 0..count {
            let Some(start) = self.front().and_then(|front| front.allocate(layout)) else {
                return;
            };
            let object = Object {
                start,
                layout,
                content: 0,
            };
            let object = self.write(object);
            self.objects.push(object);
        }
    }

    /// Writes to an object, and returns it as it is then.
    fn write(&mut self, object: Object) -> Object {
        if !is_writable(object.start, object.layout.size()) {
            assert!(self.may_stick, "{object:?} stays protected");
            return object;
        }
        self.written = self.written % 255 + 1;
        // SAFETY: the object is the program's, and has so many bytes.
        unsafe { object.start.write_bytes(self.written, object.layout.size()) };
        Object {
            content: self.written,
            ..object
        }
    }

    pub(crate) fn write_all(&mut self) {
        for nth in 0..self.objects.len() {
            self.objects[nth] = self.write(self.objects[nth]);
        }
    }

    fn free(&mut self, object: Object) {
        object.verify();
        let front = self.front().expect("whoever has an object has a front end");
        // SAFETY: the object is in use, and given up.
        unsafe { front.deallocate(object.start, object.layout) };
    }

    /// Gives up all but about one object in `share`, at random, and keeps no slot at hand.
    pub(crate) fn thin_out(&mut self, share: u32) {
        let objects = std::mem::take(&mut self.objects);
        for object in objects {
            if self.rng.next_u32().is_multiple_of(share) {
                self.objects.push(object);
            } else {
                self.free(object);
            }
        }
        if let Some(front) = self.front() {
            front.flush();
        }
    }

    /// Asks for another size of all large objects.
    pub(crate) fn resize_large(&mut self, size: usize) {
        for nth in 0..self.objects.len() {
            let object = self.objects[nth];
            if object.layout.size() <= 32 << 10 {
                continue;
            }
            // SAFETY: the object is the program's, and used at its new address only.
            let resized = unsafe { self.heap.global().resize_large(object.start, size) };
            let Some(start) = resized else { continue };
            let kept = object.layout.size().min(size);
            let layout = Layout::from_size_align(kept, 16).expect("a plain layout");
            Object {
                start,
                layout,
                ..object
            }
            .verify();
            let layout = Layout::from_size_align(size, 16).expect("a plain layout");
            self.objects[nth] = self.write(Object {
                start,
                layout,
                content: 0,
            });
        }
    }

    pub(crate) fn cycle(&mut self) {
        self.heap.global().mesh_cycle();
        self.check();
        self.write_all();
    }

    /// No byte has changed, and no page is lost.
    pub(crate) fn check(&mut self) {
        self.objects.iter().for_each(Object::verify);
        let apart: BTreeSet<_> = self.objects.iter().map(|object| object.start).collect();
        assert_eq!(apart.len(), self.objects.len());
        let heap = self.heap.global();
        let in_spans: usize = heap
            .classes()
            .map(|class| (class.spans + class.kept) * class.pages)
            .sum();
        let in_large = heap.stats().large_bytes / PAGE;
        let unused = self.pages().stats();
        let known = in_spans + in_large + (unused.clean + unused.dirty) / PAGE;
        assert!(known >= self.known, "{} pages are lost", self.known - known);
        self.known = known;
    }

    /// The system has recovered: everything goes back, and nothing is left.
    pub(crate) fn end(mut self) {
        self.refuse(0, 0);
        self.check();
        self.write_all();
        self.thin_out(u32::MAX);
        while let Some(object) = self.objects.pop() {
            self.free(object);
        }
        if let Some(front) = self.front.take() {
            // SAFETY: attached, and not used any more.
            unsafe { self.heap.detach(front) };
        }
        self.heap.global().compact();
        self.check();
        let heap = self.heap.global();
        assert!(
            heap.classes()
                .all(|class| class.live == 0 && class.spans == 0)
        );
        let stats = heap.stats();
        assert_eq!(
            (
                stats.large_count,
                stats.large_bytes,
                heap.mesh_stats().pages_saved
            ),
            (0, 0, 0)
        );
        let pages = self.pages().stats();
        assert_eq!((pages.dirty, pages.clean), (0, self.known * PAGE));
        // Each page can be had once: none is lost, and none is there twice.
        let arena = self.pages();
        let had = std::iter::from_fn(|| arena.allocate_span(PageCount(1)));
        let had: BTreeSet<_> = had.collect();
        let pages = arena.stats();
        assert_eq!(had.len() * PAGE, pages.opened + pages.gone);
    }
}
