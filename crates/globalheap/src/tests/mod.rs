//! The heap over pages that are a model, with every contract checked and any call refused.

mod changes;
mod cycle;
mod fork;
mod hazards;
mod large;
mod mappings;
mod pins;
mod placement;
mod portraits;
mod program;
mod refill_release;
mod refusals;
mod schedule;
mod slices;
mod transfers;
