//! From addresses to functions.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use addr2line::{Loader, demangle_auto};

use super::elf::Elf;
use super::modules::Modules;

/// A function at an address.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Function {
    /// The name in the words of its language.
    pub(crate) name: String,
    /// The name of its symbol.
    pub(crate) symbol: String,
    /// The source file, and the line at the address; empty and zero where they are not known.
    pub(crate) file: String,
    pub(crate) line: u32,
}

/// The functions of a process.
pub(crate) struct Names<'m> {
    modules: &'m Modules,
    /// By the file's place.
    loaders: HashMap<PathBuf, Vec<Loader>>,
    known: HashMap<u64, Rc<[Function]>>,
}

impl Function {
    /// One of which nothing is known but what to call it.
    pub(crate) fn named(name: String) -> Self {
        Self {
            symbol: name.clone(),
            name,
            file: String::new(),
            line: 0,
        }
    }
}

impl<'m> Names<'m> {
    pub(crate) fn new(modules: &'m Modules) -> Self {
        Self {
            modules,
            loaders: HashMap::new(),
            known: HashMap::new(),
        }
    }

    /// The functions at an address: those that are inlined into one another, the innermost first. There is one at least.
    pub(crate) fn at(&mut self, address: u64) -> Rc<[Function]> {
        if let Some(known) = self.known.get(&address) {
            return Rc::clone(known);
        }
        let found: Rc<[_]> = self.find(address).into();
        self.known.insert(address, Rc::clone(&found));
        found
    }

    fn find(&mut self, address: u64) -> Vec<Function> {
        let Some(module) = self.modules.find(address) else {
            return vec![Function::named(format!("{address:#x}"))];
        };
        let nameless = || vec![Function::named(module.offset(address))];
        let Some(loaded) = module.loaded() else {
            return nameless();
        };
        let place = loaded.place.clone();
        let loaders = self
            .loaders
            .entry(place)
            .or_insert_with_key(|place| loaders(place, &loaded.elf));
        let stated = address.wrapping_sub(loaded.bias);
        let by_lines = loaders.iter().map(|loader| by_lines(loader, stated));
        if let Some(functions) = by_lines.into_iter().find(|found| !found.is_empty()) {
            return functions;
        }
        let symbol = loaders.iter().find_map(|loader| loader.find_symbol(stated));
        symbol.map_or_else(nameless, |symbol| {
            vec![Function {
                name: demangle_auto(Cow::Borrowed(symbol), None).into_owned(),
                ..Function::named(symbol.to_owned())
            }]
        })
    }
}

/// What tells the names of a file: its debugging information where that is installed apart, and the file itself.
fn loaders(place: &Path, elf: &Elf) -> Vec<Loader> {
    let apart = elf.build_id.split_first().map(|(first, rest)| {
        let rest: String = rest.iter().map(|byte| format!("{byte:02x}")).collect();
        PathBuf::from(format!("/usr/lib/debug/.build-id/{first:02x}/{rest}.debug"))
    });
    let places = apart.iter().map(PathBuf::as_path).chain([place]);
    places.filter_map(|place| Loader::new(place).ok()).collect()
}

/// What the debugging information says of an address; nothing if it names no function there.
fn by_lines(loader: &Loader, address: u64) -> Vec<Function> {
    let mut functions = Vec::new();
    let Ok(mut frames) = loader.find_frames(address) else {
        return functions;
    };
    while let Ok(Some(frame)) = frames.next() {
        let named = frame.function.and_then(|function| {
            let symbol = function.raw_name().ok()?.into_owned();
            Some((function.demangle().ok()?.into_owned(), symbol))
        });
        // The outermost one is that of the symbol.
        let named = named.or_else(|| {
            let symbol = loader.find_symbol(address)?;
            let name = demangle_auto(Cow::Borrowed(symbol), None);
            Some((name.into_owned(), symbol.to_owned()))
        });
        let Some((name, symbol)) = named else {
            continue;
        };
        let (file, line) = frame.location.map_or((None, None), |at| (at.file, at.line));
        functions.push(Function {
            name,
            symbol,
            file: file.unwrap_or_default().to_owned(),
            line: line.unwrap_or(0),
        });
    }
    functions
}
