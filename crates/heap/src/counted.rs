//! counted
