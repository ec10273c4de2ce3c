//! What the messages name by numbers, each thing once.

use std::collections::HashMap;

use super::super::calls::Call;
use super::super::modules::{Module, Modules};
use super::super::names;
use super::message::{Function, Line, Location, Mapping, Profile};

/// The tables of a profile that is being made.
pub(super) struct Tables<'m> {
    modules: &'m Modules,
    profile: Profile,
    strings: HashMap<String, i64>,
    /// By name, symbol and source file.
    functions: HashMap<[i64; 3], u64>,
    locations: HashMap<(u64, usize, String), u64>,
}

impl<'m> Tables<'m> {
    /// Tables with all mappings, that of the program first: `entry` is an address in it.
    pub(super) fn new(modules: &'m Modules, entry: u64) -> Self {
        let mut tables = Self {
            modules,
            profile: Profile::default(),
            strings: HashMap::new(),
            functions: HashMap::new(),
            locations: HashMap::new(),
        };
        tables.string("");
        let is_program = |module: &&Module| module.mapping.contains(entry);
        let program = modules.iter().filter(is_program);
        let others = modules.iter().filter(|module| !is_program(module));
        for module in program.chain(others) {
            tables.mapping(module);
        }
        tables
    }

    pub(super) fn finish(self) -> Profile {
        self.profile
    }

    /// The number of a string.
    pub(super) fn string(&mut self, text: &str) -> i64 {
        if let Some(&known) = self.strings.get(text) {
            return known;
        }
        let number = self.profile.string_table.len() as i64;
        self.profile.string_table.push(text.to_owned());
        self.strings.insert(text.to_owned(), number);
        number
    }

    fn mapping(&mut self, module: &Module) {
        let loaded = module.loaded();
        let build_id = loaded.map_or(&[][..], |loaded| &loaded.elf.build_id);
        let build_id: String = build_id.iter().map(|byte| format!("{byte:02x}")).collect();
        let mapping = Mapping {
            id: self.profile.mapping.len() as u64 + 1,
            memory_start: module.mapping.start,
            memory_limit: module.mapping.end,
            file_offset: module.mapping.offset,
            filename: self.string(&module.mapping.path.display().to_string()),
            build_id: self.string(&build_id),
            has_functions: loaded.is_some(),
            has_filenames: loaded.is_some(),
            has_line_numbers: loaded.is_some(),
            has_inline_frames: loaded.is_some(),
        };
        self.profile.mapping.push(mapping);
    }

    /// The number of a call's place.
    pub(super) fn location(&mut self, call: &Call) -> u64 {
        let (address, left_out, name) = call.key();
        let key = (address, left_out, name.to_owned());
        if let Some(&known) = self.locations.get(&key) {
            return known;
        }
        let id = self.profile.location.len() as u64 + 1;
        let line = call.functions().iter().map(|function| Line {
            function_id: self.function(function),
            line: function.line.into(),
        });
        let line = line.collect();
        let start = self
            .modules
            .find(address)
            .map(|module| module.mapping.start);
        let mut mappings = self.profile.mapping.iter();
        let mapping = mappings.find(|mapping| Some(mapping.memory_start) == start);
        let mapping_id = mapping.map_or(0, |mapping| mapping.id);
        self.profile.location.push(Location {
            id,
            mapping_id,
            address,
            line,
        });
        self.locations.insert(key, id);
        id
    }

    fn function(&mut self, function: &names::Function) -> u64 {
        let [name, system_name, filename] =
            [&function.name, &function.symbol, &function.file].map(|text| self.string(text));
        let key = [name, system_name, filename];
        if let Some(&known) = self.functions.get(&key) {
            return known;
        }
        let id = self.profile.function.len() as u64 + 1;
        self.profile.function.push(Function {
            id,
            name,
            system_name,
            filename,
        });
        self.functions.insert(key, id);
        id
    }
}
