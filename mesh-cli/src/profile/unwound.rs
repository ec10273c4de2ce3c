//! A profile whose stacks are unwound.

use anyhow::Result;

use super::calls::{self, Call};
use super::chains::{Chains, Place};
use super::modules::Modules;
use super::names::Names;
use super::source::Source;

/// A profile whose stacks are unwound.
pub(crate) struct Profile {
    pub(crate) source: Source,
    pub(crate) modules: Modules,
    pub(crate) chains: Chains,
}

impl Profile {
    pub(crate) fn new(source: Source) -> Result<Self> {
        let image = source.image()?;
        let modules = Modules::new(image.rest(), |mapping| source.place(mapping));
        let chains = Chains::new(&image, &modules);
        Ok(Self {
            source,
            modules,
            chains,
        })
    }

    /// The calls of each chain, with the names of the functions.
    pub(crate) fn calls(&self) -> Vec<Vec<Call>> {
        let mut names = Names::new(&self.modules);
        let each = self.chains.iter().map(|(place, _)| match place {
            Place::Chain(addresses) => calls::of(addresses, &mut names),
            Place::NotKept => vec![Call::nowhere("[no stack kept]")],
        });
        each.collect()
    }
}
