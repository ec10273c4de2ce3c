//! Files and the imports between them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::Result;
use petgraph::algo::tarjan_scc;
use petgraph::graphmap::DiGraphMap;

use super::resolve::Target;
use super::tree::{Number, Tree};

/// One file takes something from another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Import {
    /// The file that takes.
    pub from: PathBuf,
    /// The file that has it.
    pub to: PathBuf,
}

/// The imports of a crate.
#[derive(Default)]
pub struct Imports {
    /// The files of the crate.
    files: BTreeSet<PathBuf>,
    /// The paths that make each, as they are written.
    paths: BTreeMap<Import, BTreeSet<String>>,
}

impl Imports {
    /// Those of the crate whose root is `file`. Names of files are given from the directory `base` on.
    pub fn read(file: &Path, base: &Path) -> Result<Self> {
        let mut tree = Tree::read(file)?;
        for module in &mut tree.modules {
            if let Ok(name) = module.file.strip_prefix(base) {
                module.file = name.to_owned();
            }
        }
        let mut imports = Self::default();
        for module in 0..tree.modules.len() {
            imports.add_module(&tree, module);
        }
        Ok(imports)
    }

    fn add_module(&mut self, tree: &Tree, module: Number) {
        self.files.insert(tree.modules[module].file.clone());
        let contents = &tree.modules[module].contents;
        for import in &contents.uses {
            if let Some(target) = tree.resolve(module, &import.path)
                && !(import.is_public && tree.is_below(target.module(), module))
            {
                self.add(tree, module, target, &import.path);
            }
        }
        for path in &contents.mentions {
            // A module's name alone is a variable with the same name.
            if let Some(target) = tree.resolve(module, path)
                && !(path.len() == 1 && matches!(target, Target::Module(_)))
            {
                self.add(tree, module, target, path);
            }
        }
    }

    fn add(&mut self, tree: &Tree, module: Number, target: Target, path: &[String]) {
        let from = tree.modules[module].file.clone();
        let to = tree.modules[target.module()].file.clone();
        if from != to {
            let paths = self.paths.entry(Import { from, to }).or_default();
            paths.insert(path.join("::"));
        }
    }

    /// The files of the crate.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        self.files.iter().map(PathBuf::as_path)
    }

    /// Each import once.
    pub fn iter(&self) -> impl Iterator<Item = &Import> {
        self.paths.keys()
    }

    /// Files that import each other, directly or through others: a set for each circle or knot of
    /// circles.
    pub fn circles(&self) -> Vec<BTreeSet<&Path>> {
        let edges = self.paths.keys().map(|it| (&*it.from, &*it.to));
        let graph = DiGraphMap::<&Path, ()>::from_edges(edges);
        let knots = tarjan_scc(&graph).into_iter();
        let knots = knots.filter(|knot| knot.len() > 1);
        knots.map(|knot| knot.into_iter().collect()).collect()
    }

    /// A line for each import that is `wanted`: both files, and the paths that make it.
    pub fn describe(&self, wanted: impl Fn(&Import) -> bool) -> String {
        let mut text = String::new();
        for (Import { from, to }, paths) in self.paths.iter().filter(|(one, _)| wanted(one)) {
            let (from, to) = (from.display(), to.display());
            // A name alone says less than the `use` that brought it.
            let all = paths.iter().map(String::as_str);
            let (long, short): (Vec<_>, Vec<_>) = all.partition(|path| path.contains("::"));
            let paths = if long.is_empty() { short } else { long }.join(", ");
            text += &format!("  {from} -> {to}  by {paths}\n");
        }
        text
    }
}
