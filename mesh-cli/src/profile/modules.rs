//! Where code lies in the address space of a process.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::elf::Elf;
use crate::process::{Mapping, is_library};

/// The executable mappings of a process, by ascending addresses.
pub(crate) struct Modules(Vec<Module>);

/// An executable mapping.
pub(crate) struct Module {
    pub(crate) mapping: Mapping,
    /// Its file, or why that cannot be read; `None` if it has none.
    pub(crate) file: Option<Result<Loaded, String>>,
}

/// A file, and how far from where it states them its addresses lie.
#[derive(Clone)]
pub(crate) struct Loaded {
    /// Where it can be opened.
    pub(crate) place: PathBuf,
    pub(crate) elf: Elf,
    pub(crate) bias: u64,
}

impl Modules {
    /// Those of which the text of `/proc/PID/maps` tells, where the file of a mapping is at a `place`.
    pub(crate) fn new(maps: &[u8], place: impl Fn(&Mapping) -> Result<PathBuf>) -> Self {
        let mut known: HashMap<PathBuf, Result<(PathBuf, Elf), String>> = HashMap::new();
        let executable = Mapping::all(maps).filter(|mapping| mapping.executable);
        let modules = executable.map(|mapping| {
            let file = mapping.is_of_file().then(|| {
                let file = known.entry(mapping.path.clone()).or_insert_with(|| {
                    let place = place(&mapping);
                    let file = place.and_then(|place| Elf::read(&place).map(|elf| (place, elf)));
                    file.map_err(|error| format!("{error:#}"))
                });
                let (place, elf) = file.clone()?;
                let address = elf.address(mapping.offset);
                let address = address.context("another file than was loaded");
                let address = address.map_err(|error| error.to_string())?;
                let bias = mapping.start.wrapping_sub(address);
                Ok(Loaded { place, elf, bias })
            });
            Module { mapping, file }
        });
        Self(modules.collect())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Module> {
        self.0.iter()
    }

    /// The one in which `address` is.
    pub(crate) fn find(&self, address: u64) -> Option<&Module> {
        let after = self.0.partition_point(|one| one.mapping.start <= address);
        let module = self.0.get(after.checked_sub(1)?)?;
        module.mapping.contains(address).then_some(module)
    }

    /// Whether `address` is in the library.
    pub(crate) fn is_of_library(&self, address: u64) -> bool {
        let module = self.find(address);
        module.is_some_and(|module| is_library(&module.mapping.path))
    }

    /// What is to be said of the files that cannot be read, as far as they have any of the `addresses`.
    pub(crate) fn warnings(&self, addresses: impl Iterator<Item = u64>) -> Vec<String> {
        let mut all = Vec::new();
        for module in addresses.filter_map(|address| self.find(address)) {
            if let Some(Err(why)) = &module.file {
                let path = module.mapping.path.display();
                all.push(format!("{path}: {why}; its functions have no names"));
            }
        }
        all.sort();
        all.dedup();
        all
    }
}

impl Module {
    /// The file, if it can be read.
    pub(crate) fn loaded(&self) -> Option<&Loaded> {
        self.file.as_ref()?.as_ref().ok()
    }

    /// A name for an address of which nothing else is known.
    pub(crate) fn offset(&self, address: u64) -> String {
        let path = &self.mapping.path;
        let name = path.file_name().unwrap_or(path.as_os_str());
        let name = Path::new(name).display().to_string();
        let offset = match self.loaded() {
            Some(loaded) => address.wrapping_sub(loaded.bias),
            None => address
                .wrapping_sub(self.mapping.start)
                .wrapping_add(self.mapping.offset),
        };
        match name.as_str() {
            "" => format!("{address:#x}"),
            name => format!("{name}+{offset:#x}"),
        }
    }
}
