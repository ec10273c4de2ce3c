//! Shadow heap.
