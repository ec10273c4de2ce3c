//! A thread's free slots of one size class, in random order.
#![no_std]
