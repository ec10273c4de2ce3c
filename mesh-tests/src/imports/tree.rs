//! The modules of a crate, read from its root on.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::contents::{Contents, Declared};

/// A module by number: its place in [`Tree::modules`].
pub(super) type Number = usize;

pub(super) struct Module {
    /// The file that holds it.
    pub(super) file: PathBuf,
    /// The module that declares it; the root is its own.
    pub(super) parent: Number,
    pub(super) children: BTreeMap<String, Number>,
    pub(super) contents: Contents,
}

/// All modules of a crate; the first is the root.
pub(super) struct Tree {
    pub(super) modules: Vec<Module>,
}

pub(super) const ROOT: Number = 0;

impl Tree {
    /// The crate whose root is `file`.
    pub(super) fn read(file: &Path) -> Result<Self> {
        let mut tree = Self {
            modules: Vec::new(),
        };
        let below = file.parent().context("a file is in a directory")?;
        let contents = contents(file)?;
        tree.add(file, below, ROOT, contents)?;
        Ok(tree)
    }

    /// Adds a module of `file`, and those in it, whose files are in the directory `below`.
    fn add(
        &mut self,
        file: &Path,
        below: &Path,
        parent: Number,
        mut contents: Contents,
    ) -> Result<Number> {
        let number = self.modules.len();
        let declared = std::mem::take(&mut contents.modules);
        self.modules.push(Module {
            file: file.to_owned(),
            parent,
            children: BTreeMap::new(),
            contents,
        });
        for child in declared {
            let name = child.name.clone();
            let child = self.add_child(file, below, number, child)?;
            self.modules[number].children.insert(name, child);
        }
        Ok(number)
    }

    fn add_child(
        &mut self,
        file: &Path,
        below: &Path,
        parent: Number,
        child: Declared,
    ) -> Result<Number> {
        let deeper = below.join(&child.name);
        if let Some(contents) = child.contents {
            return self.add(file, &deeper, parent, contents);
        }
        let places = match &child.file {
            // Beside the file that says so.
            Some(name) => vec![file.with_file_name(name)],
            None => vec![deeper.with_extension("rs"), deeper.join("mod.rs")],
        };
        let Some(place) = places.into_iter().find(|place| place.is_file()) else {
            bail!("{}: no file for mod {}", file.display(), child.name);
        };
        let deeper = match child.file {
            Some(_) => place.parent().context("a file is in a directory")?,
            None => &deeper,
        };
        let contents = contents(&place)?;
        self.add(&place, deeper, parent, contents)
    }

    /// Whether `module` is in `other`, or in one that is.
    pub(super) fn is_below(&self, mut module: Number, other: Number) -> bool {
        while module != ROOT {
            module = self.modules[module].parent;
            if module == other {
                return true;
            }
        }
        false
    }
}

fn contents(file: &Path) -> Result<Contents> {
    let name = || file.display().to_string();
    let text = fs::read_to_string(file).with_context(name)?;
    let parsed = syn::parse_file(&text).with_context(name)?;
    Ok(Contents::of(&parsed.items))
}
