//! freelist
