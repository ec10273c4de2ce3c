//! Each layer keeps its promises, alone and stacked.

mod bump;
mod checked;
mod counted;
mod freelist;
mod fronts;
mod locked;
mod region;
mod segregated;
mod stacks;
mod thread_local;
