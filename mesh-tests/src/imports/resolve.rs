//! Where a path leads.

use super::tree::{Number, ROOT, Tree};

/// Re-exports that are followed in one path. More are a re-export of itself.
const DEEPEST: usize = 8;

/// What a path leads to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Target {
    /// A module.
    Module(Number),
    /// Something in a module.
    Item(Number),
}

impl Target {
    pub(super) fn module(self) -> Number {
        match self {
            Self::Module(module) | Self::Item(module) => module,
        }
    }
}

impl Tree {
    /// Where `path`, written in `module`, leads; `None` outside of the crate.
    pub(super) fn resolve(&self, module: Number, path: &[String]) -> Option<Target> {
        self.resolve_within(module, path, DEEPEST)
    }

    fn resolve_within(&self, module: Number, path: &[String], depth: usize) -> Option<Target> {
        let depth = depth.checked_sub(1)?;
        let (first, rest) = path.split_first()?;
        let start = match first.as_str() {
            "crate" => ROOT,
            "self" => module,
            "super" => self.modules[module].parent,
            _ => return self.find(module, path, depth),
        };
        Some(self.follow(start, rest, depth))
    }

    /// Where `path` leads that begins in `module`, of this crate.
    fn follow(&self, module: Number, path: &[String], depth: usize) -> Target {
        match path.split_first() {
            None => Target::Module(module),
            Some((first, rest)) if first == "super" => {
                self.follow(self.modules[module].parent, rest, depth)
            }
            // What is not found is made by a macro.
            Some(_) => self
                .find(module, path, depth)
                .unwrap_or(Target::Item(module)),
        }
    }

    /// Where `path` leads whose first name is one of `module`.
    fn find(&self, module: Number, path: &[String], depth: usize) -> Option<Target> {
        let depth = depth.checked_sub(1)?;
        let (first, rest) = path.split_first()?;
        let here = &self.modules[module];
        let has_item = here.contents.items.contains(first);
        if let Some(&child) = here.children.get(first)
            && !(rest.is_empty() && has_item)
        {
            return Some(self.follow(child, rest, depth));
        }
        if has_item {
            return Some(Target::Item(module));
        }
        let uses = || here.contents.uses.iter();
        let by_name = uses()
            .filter(|import| import.name.as_ref() == Some(first))
            .find_map(
                |import| match self.resolve_within(module, &import.path, depth)? {
                    Target::Module(module) => Some(self.follow(module, rest, depth)),
                    item => Some(item),
                },
            );
        by_name.or_else(|| {
            uses()
                .filter(|import| import.name.is_none())
                .find_map(
                    |import| match self.resolve_within(module, &import.path, depth)? {
                        Target::Module(other) if other != module => self.find(other, path, depth),
                        _ => None,
                    },
                )
        })
    }
}
