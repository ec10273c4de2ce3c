//! The searches against their contract, against naive oracles, and against the quality they promise.

mod best_fit;
mod contract;
mod draw;
mod lemma;
mod optimum;
mod oracle;
mod split;
mod targets;
