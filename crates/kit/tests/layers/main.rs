//! Each layer keeps its promises, alone and stacked.

mod as_global;
mod bump;
mod checked;
mod counted;
mod freelist;
mod fronts;
mod layouts;
mod locked;
mod nothing;
mod per_class;
mod powers_of_two;
mod region;
mod segregated;
mod stacks;
mod thread_local;
mod uneven;
mod zone;
