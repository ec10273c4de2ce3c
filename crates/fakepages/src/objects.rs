//! What the program has in memory.

use core::ops::Range;

use heap::{PageIndex, Run};

use super::memory::{Memory, Physical, Virtual};
use crate::page::PAGE;

impl Memory {
    fn physical(&self, address: usize) -> (&Virtual, &Physical) {
        let page = &self.pages[(address - self.base) / PAGE];
        let frame = page.frame.expect("no memory is there");
        (page, &self.frames[frame.0])
    }

    /// The part of a page that begins at `address`, and is no longer than `len` bytes.
    fn piece(&self, address: usize, len: usize) -> Range<usize> {
        let start = (address - self.base) % PAGE;
        start..PAGE.min(start + len)
    }

    /// The program gets an object and writes `content` to it.
    pub(super) fn write_object(&mut self, address: usize, content: Vec<u8>) {
        let end = address + content.len();
        let below = self.objects.range(..end).next_back();
        let apart =
            below.is_none_or(|(&start, old)| start == address || start + old.len() <= address);
        assert!(apart, "objects overlap");
        let mut at = 0;
        while at < content.len() {
            let (page, physical) = self.physical(address + at);
            assert!(!page.protected, "a write to a protected page");
            assert!(!physical.foreign, "a child writes to its parent's memory");
            assert!(physical.present, "a write to pages that were given back");
            let frame = page.frame.expect("looked up above");
            let piece = self.piece(address + at, content.len() - at);
            let target = &mut self.frames[frame.0].bytes[piece.clone()];
            target.copy_from_slice(&content[at..][..piece.len()]);
            at += piece.len();
        }
        self.objects.insert(address, content);
    }

    /// The program gives an object up; it must be as it was written.
    pub(super) fn forget_object(&mut self, address: usize) {
        let content = self
            .objects
            .remove(&address)
            .expect("an object of the program");
        self.verify_object(address, &content);
    }

    /// What was an object at `from` is one at `to`.
    pub(super) fn move_object(&mut self, from: usize, to: usize) {
        if let Some(content) = self.objects.remove(&from) {
            self.objects.insert(to, content);
        }
    }

    /// Cuts what the program has in an object off behind `len` bytes.
    pub(super) fn truncate_object(&mut self, address: usize, len: usize) {
        self.objects
            .get_mut(&address)
            .expect("an object of the program")
            .truncate(len);
    }

    fn verify_object(&self, address: usize, content: &[u8]) {
        let mut at = 0;
        while at < content.len() {
            let (_, physical) = self.physical(address + at);
            let piece = self.piece(address + at, content.len() - at);
            let (found, written) = (
                &physical.bytes[piece.clone()],
                &content[at..][..piece.len()],
            );
            assert!(found == written, "the object at {address:#x} has changed");
            at += piece.len();
        }
    }

    pub(super) fn objects_in(&self, run: Run) -> impl Iterator<Item = (usize, &[u8])> {
        let address = |page: PageIndex| self.base + page.index() * PAGE;
        let objects = self.objects.range(address(run.first)..address(run.end()));
        objects.map(|(&address, content)| (address, content.as_slice()))
    }

    /// Panics unless the objects in `run` are as they were written.
    pub(super) fn verify_run(&self, run: Run) {
        self.objects_in(run)
            .for_each(|(address, content)| self.verify_object(address, content));
    }

    /// Panics unless all objects are as they were written.
    pub(super) fn verify_all(&self) {
        self.objects
            .iter()
            .for_each(|(&address, content)| self.verify_object(address, content));
    }

    /// Panics unless the program may write to all of its objects.
    pub(super) fn verify_writable(&self) {
        for &address in self.objects.keys() {
            let (page, physical) = self.physical(address);
            assert!(!page.protected, "a page stays protected");
            assert!(physical.present && !physical.foreign);
        }
    }

    /// Whether all pages with objects that are shared are protected, and there are some.
    pub(super) fn shared_is_protected(&self) -> bool {
        let pages = self.objects.keys().map(|&address| self.physical(address));
        let shared: Vec<_> = pages.filter(|(_, physical)| physical.shared).collect();
        !shared.is_empty() && shared.iter().all(|(page, _)| page.protected)
    }
}
