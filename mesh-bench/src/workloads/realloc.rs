//! Buffers that grow by half until they are large, as vectors and strings do.
//!
//! Several grow in turn, with small blocks allocated between, so that there is not always room behind a buffer. After each
//! step the new part is written; the old contents must be there still.

use super::workload::{Body, Workload};
use crate::block::Block;
use crate::site::Scale;
use fastrand::Rng;

/// One thread.
pub(crate) const WORKLOAD: Workload = Workload {
    name: "realloc",
    about: "6 buffers grow by half from 100 B to 8 MiB in turn, by realloc",
    needs: &[],
    body: Body::Own(|scale: Scale| {
        grow(scale.of(GROWTHS));
    }),
};

const BUFFERS: usize = 6;
const FIRST: usize = 100;
const LAST: usize = 8 << 20;
const GROWTHS: u64 = 4_000;

/// Makes `growths` steps of random buffers; returns how many buffers became full.
fn grow(growths: u64) -> u64 {
    let mut rng = Rng::with_seed(1);
    let mut buffers: Vec<_> = (0..BUFFERS).map(|index| Buffer::new(index as u8)).collect();
    let mut between = Vec::new();
    let mut full = 0;
    for growth in 0..growths {
        let index = rng.usize(..BUFFERS);
        buffers[index].grow();
        between.push(Block::new(rng.usize(16..20_000), growth));
        if buffers[index].size() > LAST {
            full += 1;
            buffers[index] = Buffer::new(index as u8);
            between.clear();
        }
    }
    full
}

/// A block whose bytes are all the same.
struct Buffer {
    block: Block,
    byte: u8,
}

impl Buffer {
    fn new(byte: u8) -> Self {
        let mut block = Block::new(FIRST, 0);
        block.fill(byte);
        Self { block, byte }
    }

    fn size(&self) -> usize {
        self.block.size()
    }

    fn grow(&mut self) {
        let old = self.size();
        self.block.resize(old + old / 2);
        // SAFETY: `new` wrote the stamp and all behind it, and so did each growth with what it added.
        unsafe { self.block.expect_filled(old, self.byte) };
        self.block.fill_from(old, self.byte);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffers_become_full_and_begin_again() {
        // 28 steps of a half make 8 MiB of 100 bytes.
        let full = grow(28 * BUFFERS as u64 * 3);
        assert!(
            (BUFFERS as u64..=BUFFERS as u64 * 3).contains(&full),
            "{full}"
        );
    }
}
