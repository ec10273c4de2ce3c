//! The composed allocators under the shadow heap's suite, while spans are meshed below it.

mod handler;
mod lent;
mod suites;
mod tenants;
mod writers;
