//! Span records, bins by occupancy, and groups of meshed spans.
#![no_std]
