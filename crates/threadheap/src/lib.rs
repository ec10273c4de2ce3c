//! The front end of one thread.
#![no_std]
