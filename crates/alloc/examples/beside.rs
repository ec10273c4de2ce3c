//! Two heaps in one process: Rust's objects in this allocator, C's wherever `malloc` has them, in the C library or in `libmesh.so`.
//!
//! `cargo run --release -p mesh-alloc --example beside`, and the same with `libmesh.so` preloaded.

use std::ffi::c_void;
use std::ptr::NonNull;
use std::thread;

use mesh_alloc::Mesh;

#[global_allocator]
static GLOBAL: Mesh = Mesh;

/// Bytes of an object.
const SIZE: usize = 100;

/// An object of C's.
struct Block(NonNull<u8>);

impl Block {
    fn new(content: u8) -> Self {
        // SAFETY: has no preconditions.
        let block = NonNull::new(unsafe { libc::malloc(SIZE) }.cast::<u8>()).expect("memory");
        // SAFETY: so many bytes are ours.
        unsafe { block.write_bytes(content, SIZE) };
        Self(block)
    }

    fn bytes(&self) -> &[u8] {
        // SAFETY: so many bytes are ours, and written.
        unsafe { NonNull::slice_from_raw_parts(self.0, SIZE).as_ref() }
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        // SAFETY: made by `malloc`, and used by nobody any more.
        unsafe { libc::free(self.0.as_ptr().cast::<c_void>()) };
    }
}

/// One object in seven of both heaps, each with the lowest byte of its number in it.
struct Both {
    of_c: Vec<Block>,
    of_rust: Vec<Box<[u8]>>,
}

impl Both {
    fn new(count: usize) -> Self {
        let mut both = Self {
            of_c: Vec::new(),
            of_rust: Vec::new(),
        };
        let mut gone = Vec::new();
        for nth in 0..count {
            let (block, object) = (
                Block::new(nth as u8),
                vec![nth as u8; SIZE].into_boxed_slice(),
            );
            if nth % 7 == 0 {
                both.of_c.push(block);
                both.of_rust.push(object);
            } else {
                gone.push((block, object));
            }
        }
        both
    }

    fn check(&self) {
        for (nth, (block, object)) in self.of_c.iter().zip(&self.of_rust).enumerate() {
            assert_eq!(block.bytes(), [7_u8.wrapping_mul(nth as u8); SIZE]);
            assert_eq!(**object, [7_u8.wrapping_mul(nth as u8); SIZE]);
        }
    }
}

fn compact() {
    GLOBAL.compact();
    // SAFETY: has no preconditions.
    unsafe { libc::malloc_trim(0) };
}

fn main() {
    let threads: Vec<_> = (0..3)
        .map(|_| {
            thread::spawn(|| {
                let both = Both::new(70_000);
                compact();
                both.check();
            })
        })
        .collect();
    let both = Both::new(70_000);
    compact();
    both.check();
    // SAFETY: the child uses both heaps, and ends.
    let child = unsafe { libc::fork() };
    if child == 0 {
        both.check();
        let more = Both::new(7_000);
        compact();
        more.check();
        both.check();
        // SAFETY: nothing of the parent's is to be cleaned up here.
        unsafe { libc::_exit(0) };
    }
    let mut status = 0;
    // SAFETY: the child is this process's.
    assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
    assert_eq!(status, 0);
    for thread in threads {
        thread.join().expect("nothing has changed");
    }
    both.check();
    let stats = GLOBAL.stats();
    assert_eq!(stats.meshing, stats.meshes > 0, "{stats:?}");
    println!("both heaps are whole");
}
