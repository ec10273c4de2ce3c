//! The same as `holds.cpp` does.

use std::hint::black_box;

type Item = [u8; 64];

#[inline(never)]
fn holds_boxes(all: &mut Vec<Box<Item>>, count: usize) {
    for number in 0..count {
        all.push(Box::new([number as u8; 64]));
    }
}

#[inline(never)]
fn gives_back(count: usize) {
    for number in 0..count {
        black_box(Box::new([number as u8; 64]));
    }
}

fn main() {
    let objects = 1 << 20;
    let mut all = Vec::with_capacity(objects);
    holds_boxes(&mut all, objects);
    gives_back(2 * objects);
    std::mem::forget(black_box(all));
}
