//! A bump arena for one request: what the request needs is freed as a whole when it has been answered.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::RefCell;
use std::ptr::NonNull;
use std::thread;

use heap::{Heap, LockedHeap, SpinLock};
use kit::{Counted, FreeList, Locked, Zone};

/// The source: the system's allocator as a heap that threads may share.
struct FromSystem;

// SAFETY: `System` promises the same for sizes that are not zero; others are refused.
unsafe impl LockedHeap for FromSystem {
    fn allocate(&self, layout: Layout) -> Option<NonNull<u8>> {
        if layout.size() == 0 {
            return None;
        }
        // SAFETY: the size is not zero.
        NonNull::new(unsafe { System.alloc(layout) })
    }

    unsafe fn deallocate(&self, block: NonNull<u8>, layout: Layout) {
        // SAFETY: the contract is the same.
        unsafe { System.dealloc(block.as_ptr(), layout) }
    }
}

/// Bytes of a chunk: most requests need one.
const CHUNK: usize = 4096;
/// The chunks of requests that were answered, kept for those to come.
type Chunks<S> = Locked<SpinLock, FreeList<S>>;
/// What one request asks for memory.
type Request<'a, S> = Zone<&'a Chunks<S>, CHUNK>;

/// Nothing was asked for yet.
const fn chunks<S: Heap>(source: S) -> Chunks<S> {
    Locked::new(FreeList::keeping(Zone::<S, CHUNK>::CHUNK_LAYOUT, source))
}

/// A zone behind a shared reference, so that a request can hold many of its blocks at a time.
struct Arena<H>(RefCell<H>);

impl<H: Heap> Arena<H> {
    /// `bytes`, copied to where they stay as long as the arena; `None` when there is no memory.
    fn keep(&self, bytes: impl ExactSizeIterator<Item = u8>) -> Option<&[u8]> {
        let layout = Layout::array::<u8>(bytes.len()).ok()?;
        let block = self.0.borrow_mut().allocate(layout)?;
        let mut len = 0;
        for byte in bytes.take(layout.size()) {
            // SAFETY: `len` is less than the size of the block, since no more are taken.
            let place = unsafe { block.add(len) };
            // SAFETY: a byte of the block, which nobody else has.
            unsafe { place.write(byte) };
            len += 1;
        }
        let kept = NonNull::slice_from_raw_parts(block, len);
        // SAFETY: these bytes were written, and the block is valid until the heap is dropped, since it is never given back.
        Some(unsafe { kept.as_ref() })
    }
}

/// The words of a request in upper case, the longest first.
fn answer<'a, H: Heap>(arena: &'a Arena<H>, request: &str) -> Vec<&'a [u8]> {
    let shout = |word: &str| arena.keep(word.bytes().map(|byte| byte.to_ascii_uppercase()));
    let mut words: Vec<_> = request.split(' ').filter_map(shout).collect();
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    words
}

static SOURCE: Counted<FromSystem> = Counted::new(FromSystem);
static CHUNKS: Chunks<&Counted<FromSystem>> = chunks(&SOURCE);

fn main() {
    let serve = |nth: usize| {
        let arena = Arena(RefCell::new(Request::new(&CHUNKS)));
        let request = format!("get the page of number {nth} please");
        assert_eq!(answer(&arena, &request)[0], b"NUMBER");
        // Here the arena ends, and all words with it.
    };
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..10_000).for_each(serve));
        }
    });
    println!("the system, after 40,000 requests: {:?}", SOURCE.counts());
}

#[cfg(test)]
mod tests {
    use super::*;
    use shadowheap::{Ledger, shadow_heap_suite};

    shadow_heap_suite!(zone, || Zone::<_, CHUNK>::new(Ledger::new()));

    #[test]
    fn a_request_is_freed_as_a_whole() {
        let ledger = Ledger::new();
        let chunks = chunks(ledger.clone());
        for _ in 0..3 {
            let arena = Arena(RefCell::new(Request::new(&chunks)));
            assert_eq!(
                answer(&arena, "a bee sees"),
                [&b"SEES"[..], &b"BEE"[..], &b"A"[..]]
            );
            let long = "x".repeat(10 * CHUNK);
            assert_eq!(answer(&arena, &long)[0].len(), long.len());
        }
        assert_eq!(ledger.blocks_out(), 1, "a chunk, for the next request");
        drop(chunks);
        assert_eq!(ledger.blocks_out(), 0);
    }
}
