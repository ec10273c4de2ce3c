//! A chain of calls with names.

use std::rc::Rc;

use super::allocators::{is_allocator, is_entry};
use super::names::{Function, Names};

/// How far from the innermost one the function is through which the program came to the allocator, at most.
const DEPTH: usize = 64;

/// A call.
#[derive(Clone)]
pub(crate) struct Call {
    /// An address within its instruction; zero if there is none.
    pub(crate) address: u64,
    functions: Rc<[Function]>,
    /// How many of them allocate for the others.
    left_out: usize,
}

impl Call {
    /// What stands for a chain of which nothing is known.
    pub(crate) fn nowhere(name: &str) -> Self {
        Self {
            address: 0,
            functions: [Function::named(name.to_owned())].into(),
            left_out: 0,
        }
    }

    /// The functions that are inlined into one another at the address, the innermost first, and those left out that allocate for
    /// the others. There is one at least.
    pub(crate) fn functions(&self) -> &[Function] {
        self.functions.get(self.left_out..).unwrap_or(&[])
    }

    /// What makes it another one than those with the same address.
    pub(crate) fn key(&self) -> (u64, usize, &str) {
        let first = self.functions().first();
        (
            self.address,
            self.left_out,
            first.map_or("", |first| first.name.as_str()),
        )
    }
}

/// The calls at `addresses`, the innermost first, from the one on that does not allocate for others.
pub(crate) fn of(addresses: &[u64], names: &mut Names<'_>) -> Vec<Call> {
    let mut calls: Vec<_> = addresses
        .iter()
        .map(|&address| Call {
            address,
            functions: names.at(address),
            left_out: 0,
        })
        .collect();
    let mut left_out = allocating(calls.iter().flat_map(Call::functions));
    while let Some(first) = calls.first_mut() {
        let count = first.functions.len();
        if left_out < count {
            first.left_out = left_out;
            return calls;
        }
        left_out -= count;
        calls.remove(0);
    }
    vec![Call::nowhere("[unknown]")]
}

/// How many functions at the beginning allocate for the others; all but the last one if all of them do.
fn allocating<'f>(functions: impl Iterator<Item = &'f Function>) -> usize {
    let names: Vec<_> = functions.map(|function| function.name.as_str()).collect();
    let entry = names.iter().take(DEPTH).rposition(|name| is_entry(name));
    let inside = entry.map_or(0, |entry| entry + 1);
    let others = names.iter().skip(inside);
    let count = inside + others.take_while(|name| is_allocator(name)).count();
    count.min(names.len().saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(names: &[&str]) -> usize {
        let functions: Vec<_> = names
            .iter()
            .map(|&name| Function::named(name.to_owned()))
            .collect();
        allocating(functions.iter())
    }

    #[test]
    fn what_is_behind_an_entry_of_the_allocator_is_its_own() {
        assert_eq!(left(&["heap::refill", "malloc", "fill", "main"]), 2);
        assert_eq!(left(&["malloc", "operator new(unsigned long)", "main"]), 2);
        let names = [
            "alloc::vec::Vec<T>::push",
            "fill",
            "alloc::boxed::Box<F>::call",
            "main",
        ];
        assert_eq!(left(&names), 1);
    }

    #[test]
    fn a_function_is_always_left() {
        assert_eq!(left(&["malloc"]), 0);
        assert_eq!(left(&["malloc", "alloc::vec::Vec<T>::push"]), 1);
        assert_eq!(left(&[]), 0);
    }
}
