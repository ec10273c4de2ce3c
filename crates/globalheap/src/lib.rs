//! Bins, refill and release, large objects, and the mesh cycle.
#![no_std]
