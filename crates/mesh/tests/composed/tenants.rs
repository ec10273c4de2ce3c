//! Objects that are there all the time and thin out now and then, so that there is always something to mesh.

use std::alloc::Layout;
use std::ptr::NonNull;

use heap::{Grain, LockedHeap};
use rand_pcg::Pcg32;
use rand_pcg::rand_core::Rng;

/// Bytes of the objects: their spans have 32, 16, 8 and 9 slots; more where the system's pages are larger.
const SIZES: [usize; 4] = [128, 256, 512, 896];
/// Objects of a size before they thin out, up to four times as many where the system's pages are larger; and after it.
const MANY: usize = 240;
const FEW: usize = 60;

/// Objects of a few sizes, with what is written there.
pub(crate) struct Tenants {
    objects: [Vec<(NonNull<u8>, u8)>; SIZES.len()],
    /// Objects of a size before they thin out.
    many: usize,
    rng: Pcg32,
    written: u8,
}

// SAFETY: the objects belong to whoever has this value.
unsafe impl Send for Tenants {}

fn layout(size: usize) -> Layout {
    Layout::from_size_align(size, 16).expect("a plain layout")
}

/// Panics unless all bytes of an object are `content`.
fn verify(object: NonNull<u8>, size: usize, content: u8) {
    let bytes = NonNull::slice_from_raw_parts(object, size);
    // SAFETY: the object is live, and only its owner writes to it.
    let bytes = unsafe { bytes.as_ref() };
    assert!(
        bytes.iter().all(|&byte| byte == content),
        "an object has changed under a mesh"
    );
}

impl Tenants {
    pub(crate) fn on(grain: Grain) -> Self {
        Self {
            objects: Default::default(),
            many: MANY * grain.pages().min(4),
            rng: Pcg32::new(42, 7),
            written: 0,
        }
    }

    /// One size after the other: many objects more, and then only a few at random.
    pub(crate) fn come_and_go(&mut self, heap: &impl LockedHeap) {
        self.written = self.written.wrapping_add(1);
        let which = usize::from(self.written) % SIZES.len();
        let (size, content) = (SIZES[which], self.written);
        let objects = &mut self.objects[which];
        for (object, content) in objects.iter() {
            verify(*object, size, *content);
        }
        while objects.len() < self.many {
            let object = heap.allocate(layout(size)).expect("there is memory");
            // SAFETY: the object is ours and has so many bytes.
            unsafe { object.write_bytes(content, size) };
            objects.push((object, content));
        }
        while objects.len() > FEW {
            let nth = self.rng.next_u32() as usize % objects.len();
            let (object, content) = objects.swap_remove(nth);
            verify(object, size, content);
            // SAFETY: ours, and given up here.
            unsafe { heap.deallocate(object, layout(size)) };
        }
    }

    /// Gives all objects back.
    pub(crate) fn leave(&mut self, heap: &impl LockedHeap) {
        for (objects, size) in self.objects.iter_mut().zip(SIZES) {
            for (object, content) in objects.drain(..) {
                verify(object, size, content);
                // SAFETY: ours, and given up here.
                unsafe { heap.deallocate(object, layout(size)) };
            }
        }
    }
}
