//! Which file of a crate takes something from which, as its source says.
//!
//! **An import** is a path that leads into another file of the same crate: in a `use`, in an
//! expression, a type, a bound or an attribute, or in the tokens of a macro.
//! * It leads to the file that has the item. A re-export on the way is followed: a module that only
//!   passes on what others have is nothing that one depends on. What a macro makes is taken to be
//!   in the module that is named.
//! * A `use` of a module by name is an import of the file that holds the module.
//! * `mod` is none, nor is a re-export (`pub use`, `pub(crate) use`) of something from a module
//!   below: so a parent gathers its children. When it uses the same name in its own code, it
//!   depends on the child.
//! * A call of a method is none, however far it leads: the type is what was imported.
//!
//! Code under `#[cfg(test)]` is left out.

mod contents;
mod graph;
mod resolve;
mod tokens;
mod tree;
mod workspace;

pub use graph::{Import, Imports};
pub use workspace::{linked, roots, workspace};

#[cfg(test)]
mod tests;
