//! Threads that write to their objects all the time, while the spans below are meshed.

use std::alloc::Layout;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use heap::LockedHeap;
use mesh::ComplementMesher;
use rand_pcg::Pcg32;
use rand_pcg::rand_core::Rng;

use crate::handler;
use crate::lent::{Composed, Meshing, new_heap};

const WRITERS: u64 = 2;
/// Objects of a writer before they thin out, and after it.
const MANY: usize = 600;
const FEW: usize = 120;
/// Words of an object. Its spans have 16 slots.
const WORDS: usize = 32;
/// How often the objects are written to before some come and go.
const ROUNDS: u64 = 50;

/// Enough waiting to have seen that it works, and when to give up: cycles in vain are quick, and the writers may have no processor.
const ENOUGH: usize = 100;
const PATIENCE: Duration = Duration::from_secs(60);

/// Objects that nobody else writes to.
struct Writer<'h> {
    heap: &'h Composed<Meshing<ComplementMesher>>,
    /// Each with what is in its words, added to their numbers.
    objects: Vec<(NonNull<u64>, u64)>,
    rng: Pcg32,
    written: u64,
}

impl Writer<'_> {
    const LAYOUT: Layout = Layout::new::<[u64; WORDS]>();

    fn verify(&self, object: NonNull<u64>, content: u64) {
        for word in 0..WORDS {
            // SAFETY: the word lies in the object.
            let at = unsafe { object.add(word) };
            // SAFETY: the object is the writer's own, and was written to.
            let found = unsafe { at.read_volatile() };
            assert_eq!(found, content + word as u64);
        }
    }

    fn write(&mut self, object: NonNull<u64>) -> u64 {
        self.written += 1 << 16;
        for word in 0..WORDS {
            // SAFETY: the word lies in the object.
            let at = unsafe { object.add(word) };
            // SAFETY: the object is the writer's own.
            unsafe { at.write_volatile(self.written + word as u64) };
        }
        self.written
    }

    /// Many objects more, of which a few stay at random: their spans are sparse again.
    fn come_and_go(&mut self) {
        while self.objects.len() < MANY {
            let object = self
                .heap
                .allocate(Self::LAYOUT)
                .expect("there is memory")
                .cast();
            let content = self.write(object);
            self.objects.push((object, content));
        }
        self.thin_out(FEW);
        // What the thread keeps looks like objects in use.
        self.heap.detach_thread();
    }

    fn thin_out(&mut self, few: usize) {
        while self.objects.len() > few {
            let nth = self.rng.next_u32() as usize % self.objects.len();
            let (object, content) = self.objects.swap_remove(nth);
            self.verify(object, content);
            // SAFETY: the writer's own, and given up.
            unsafe { self.heap.deallocate(object.cast(), Self::LAYOUT) };
        }
    }

    /// Writes to each object in turn, and finds each as it left it.
    fn write_all(&mut self) {
        for nth in 0..self.objects.len() {
            let (object, content) = self.objects[nth];
            self.verify(object, content);
            self.objects[nth].1 = self.write(object);
        }
    }
}

#[test]
fn no_write_is_lost_and_writers_wait() {
    let heap = new_heap::<Meshing<ComplementMesher>>();
    let global = heap.shared().global();
    let done = AtomicBool::new(false);
    let before = handler::waits();
    thread::scope(|scope| {
        for number in 1..=WRITERS {
            let done = &done;
            scope.spawn(move || {
                let mut writer = Writer {
                    heap,
                    objects: Vec::new(),
                    rng: Pcg32::new(number, 1),
                    written: number << 56,
                };
                while !done.load(Ordering::Relaxed) {
                    writer.come_and_go();
                    (0..ROUNDS).for_each(|_| writer.write_all());
                }
                writer.thin_out(0);
                heap.detach_thread();
            });
        }
        let start = Instant::now();
        while handler::waits() - before < ENOUGH && start.elapsed() < PATIENCE {
            global.mesh_cycle();
            thread::yield_now();
        }
        done.store(true, Ordering::Relaxed);
    });
    assert!(handler::waits() > before, "no writer ever met a barrier");
    assert!(global.mesh_stats().meshes > 0);
    global.compact();
    assert!(
        global
            .classes()
            .all(|class| class.live == 0 && class.spans == 0)
    );
}
