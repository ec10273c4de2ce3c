//! segregated
