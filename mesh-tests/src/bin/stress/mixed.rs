//! Blocks of all sizes, passed between all threads through mailboxes.

use fastrand::Rng;
use mesh_tests::block::{Block, Source};

use crate::phase::Phase;
use crate::shared::{MAILBOXES, Shared, sound, there};

/// Opens mailboxes until the phase is over. What happens to a block depends on the wave: while it
/// is high mailboxes fill, while it is low they empty and leave a sparse heap.
pub(crate) fn work(shared: &Shared, phase: &Phase, thread: u32, seed: u64) {
    let mut random = Rng::with_seed(seed);
    while !phase.is_over(shared) {
        let fill = 0.1 + 0.8 * phase.wave();
        shared.add_deliveries(100);
        for _ in 0..100 {
            let mut mailbox = shared.open(random.usize(..MAILBOXES));
            *mailbox = match mailbox.take() {
                None if random.f64() < fill => Some(new_block(&mut random, thread)),
                None => None,
                Some(block) => {
                    shared.add_verified(1);
                    live_on(block, &mut random, fill)
                }
            };
        }
    }
}

fn live_on(mut block: Block, random: &mut Rng, fill: f64) -> Option<Block> {
    match random.u32(..100) {
        0..10 => Some(sound(block.resize(size(random)))),
        10..30 => {
            sound(block.verify());
            block.rewrite(random.u64(..));
            Some(block)
        }
        _ if random.f64() < fill => {
            sound(block.verify());
            Some(block)
        }
        _ => {
            sound(block.free());
            None
        }
    }
}

fn new_block(random: &mut Rng, thread: u32) -> Block {
    let size = size(random);
    let source = match random.u32(..100) {
        0..70 => Source::Malloc,
        70..90 => Source::Calloc,
        90..95 => Source::AlignedAlloc,
        _ => Source::PosixMemalign,
    };
    let alignment = 16 << random.u32(..9);
    there(sound(Block::allocate(
        source,
        alignment,
        size,
        random.u64(..),
        thread,
    )))
}

/// 1 byte to 1 MiB: four blocks in five have at most 256 bytes, one in two hundred more than 64 KiB.
fn size(random: &mut Rng) -> usize {
    let most = match random.u32(..1000) {
        0..800 => 256,
        800..950 => 4 << 10,
        950..995 => 64 << 10,
        _ => 1 << 20,
    };
    random.usize(1..=most)
}
