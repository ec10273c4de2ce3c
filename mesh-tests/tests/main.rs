//! Real programs under the preloaded library, one module for each topic.
//!
//! `cargo test -p mesh-tests redis` runs one of them.

mod addresses;
mod alone;
mod apart;
mod archive;
mod asynchronous;
mod background;
mod codegen;
mod companions;
mod configuration;
mod conformance;
mod cxx;
mod firmware;
mod floors;
mod foreign;
mod fork;
mod futexes;
mod git;
mod harness;
mod header;
mod hostile;
mod idle;
mod interposed;
mod introspection;
mod limits;
mod linking;
mod map;
mod misuse;
mod perl;
mod python;
mod redis;
mod returns;
mod ruby;
mod runtimes;
mod signals;
mod sqlite;
mod stack;
mod stress;
mod sweep;
mod symbols;
mod syscalls;
mod threads;
mod toolchain;
mod unmeshed;
mod variants;
