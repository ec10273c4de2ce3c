//! Waves of small blocks, of which one in ten to twenty stays for a long time.

use fastrand::Rng;
use mesh_tests::block::{Block, Source};

use crate::phase::Phase;
use crate::shared::{MAILBOXES, Shared, sound, there};

/// Blocks of a wave. Its survivors fill about a twelfth of the mailboxes.
const WAVE: usize = 20_000;

/// One thread in four makes waves, the others look after the survivors.
pub(crate) fn work(shared: &Shared, phase: &Phase, thread: u32, seed: u64) {
    let mut random = Rng::with_seed(seed);
    while !phase.is_over(shared) {
        if thread.is_multiple_of(4) {
            wave(shared, phase, thread, &mut random);
        } else {
            look_after(shared, &mut random);
        }
    }
}

/// Allocates a wave of blocks of a few sizes, frees most of them, posts the others. A survivor of an
/// earlier wave that is in its way has lived long enough.
fn wave(shared: &Shared, phase: &Phase, thread: u32, random: &mut Rng) {
    let sizes = [(); 4].map(|()| random.usize(8..=1000));
    let one_in = random.u32(10..=20);
    let mut blocks = Vec::with_capacity(WAVE);
    for index in 0..WAVE {
        let size = sizes[index * sizes.len() / WAVE];
        let number = random.u64(..);
        blocks.push(there(sound(Block::allocate(
            Source::Malloc,
            16,
            size,
            number,
            thread,
        ))));
    }
    for block in blocks {
        shared.add_verified(1);
        if random.u32(..one_in) != 0 || phase.is_over(shared) {
            sound(block.free());
            continue;
        }
        shared.add_deliveries(1);
        let before = shared.open(random.usize(..MAILBOXES)).replace(block);
        if let Some(before) = before {
            sound(before.free());
        }
    }
}

/// Verifies and rewrites survivors, which other threads have allocated.
fn look_after(shared: &Shared, random: &mut Rng) {
    for _ in 0..1000 {
        if let Some(block) = shared.open(random.usize(..MAILBOXES)).as_mut() {
            sound(block.verify());
            block.rewrite(random.u64(..));
            shared.add_verified(1);
        }
    }
}
