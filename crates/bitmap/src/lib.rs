//! Fixed-size bit sets.
#![no_std]
