//! The names, by family. Types are those that jemalloc 5.3 has for the same names.

mod arenas;
mod meshing;
mod options;
mod statistics;
mod threads;

use heap::ClassMap;
use miniheap::SpanClasses;

use super::constant::{Constant, Word};
use super::leaf::Leaf;
use super::setting::Setting;
use super::tree::{Node, names};

/// The classes that serve the program, by size. Those of what is kept apart have sizes of theirs, and are counted with them.
pub(super) const BINS: usize = SpanClasses::COUNT;

pub(super) static ROOT: Node = names! {
    version: text(Word::Version),
    epoch: setting(Setting::Epoch),
    background_thread: setting(Setting::BackgroundThread),
    max_background_threads: setting(Setting::MostBackgroundThreads),
    config: options::CONFIG,
    opt: options::OPT,
    thread: threads::THREAD,
    tcache: threads::TCACHE,
    arena: arenas::ARENA,
    arenas: arenas::ARENAS,
    prof: threads::PROF,
    stats: statistics::STATS,
    mesh: meshing::MESH,
    map: meshing::MAP,
};

const NO: Node = constant(Constant::Bool(false));
const YES: Node = constant(Constant::Bool(true));

const fn constant(value: Constant) -> Node {
    Node::Leaf(Leaf::Constant(value))
}

const fn text(word: Word) -> Node {
    constant(Constant::Text(word))
}

const fn setting(setting: Setting) -> Node {
    Node::Leaf(Leaf::Setting(setting))
}
