//! Which spans to mesh: pure search, no memory access.
#![no_std]
