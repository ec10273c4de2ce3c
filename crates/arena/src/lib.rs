//! Pages: the arena, the page map, remapping, the barrier and purging.
#![no_std]
