//! The composed allocator.
#![no_std]
