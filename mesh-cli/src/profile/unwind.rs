//! From the copy of a stack to the addresses of its calls.

#[cfg_attr(target_arch = "aarch64", path = "registers/aarch64.rs")]
#[cfg_attr(target_arch = "x86_64", path = "registers/x86_64.rs")]
mod registers;

use framehop::{
    CacheNative, MayAllocateDuringUnwind as MayAllocate, Module as Tables, Unwinder as _,
    UnwinderNative,
};
use heapprofile::Stack;

use super::elf::Bytes;
use super::modules::Modules;

/// Calls of a stack that are looked at.
const MOST: usize = 1024;

/// Unwinds by the tables of the files; where there are none, by frame pointers.
pub(crate) struct Unwinder<'m> {
    modules: &'m Modules,
    unwinder: UnwinderNative<Bytes, MayAllocate>,
    cache: CacheNative<MayAllocate>,
}

impl<'m> Unwinder<'m> {
    pub(crate) fn new(modules: &'m Modules) -> Self {
        let mut unwinder = UnwinderNative::new();
        for module in modules.iter() {
            let Some(loaded) = module.loaded() else {
                continue;
            };
            let mapping = &module.mapping;
            let tables = loaded.elf.tables.clone();
            let base = loaded.bias.wrapping_add(tables.base_svma);
            let name = mapping.path.display().to_string();
            unwinder.add_module(Tables::new(name, mapping.start..mapping.end, base, tables));
        }
        Self {
            modules,
            unwinder,
            cache: CacheNative::new(),
        }
    }

    /// An address within each call instruction, the innermost first. They end with the copy, or where there is no code.
    pub(crate) fn addresses(&mut self, stack: &Stack<'_>) -> Vec<u64> {
        let registers = registers::of(stack);
        let mut read = |address| stack.word(address).ok_or(());
        let (unwinder, cache) = (&self.unwinder, &mut self.cache);
        let mut frames = unwinder.iter_frames(stack.instruction(), registers, cache, &mut read);
        let frames = std::iter::from_fn(|| frames.next().ok().flatten());
        frames
            .map(|frame| frame.address_for_lookup())
            .take_while(|&address| self.modules.find(address).is_some())
            .take(MOST)
            .collect()
    }
}
