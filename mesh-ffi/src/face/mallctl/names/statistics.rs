//! `stats.…`: what the heap holds.

use super::{Node, Word, constant, names, text};
use crate::face::mallctl::constant::Constant;
use crate::face::mallctl::figure::{ClassFigure, Figure};
use crate::face::mallctl::leaf::Leaf;
use crate::face::mallctl::setting::Setting;
use crate::face::mallctl::tree::Numbers;

const fn heap(figure: Figure) -> Node {
    Node::Leaf(Leaf::Figure(figure))
}

const fn of_class(figure: ClassFigure) -> Node {
    Node::Leaf(Leaf::OfClass(figure))
}

const NONE: Node = constant(Constant::Size(0));

pub(super) const STATS: Node = names! {
    allocated: heap(Figure::Allocated),
    active: heap(Figure::Active),
    metadata: heap(Figure::Metadata),
    metadata_thp: NONE,
    resident: heap(Figure::Resident),
    mapped: heap(Figure::Mapped),
    retained: heap(Figure::Retained),
    zero_reallocs: heap(Figure::EmptyReallocs),
    background_thread: names! {
        num_threads: heap(Figure::Backgrounds),
    },
    bins: Node::Numbers(
        Numbers::Bins,
        &names! {
            curregs: of_class(ClassFigure::Live),
            curslabs: of_class(ClassFigure::Spans),
            nonfull: of_class(ClassFigure::Listed),
        },
    ),
    arenas: Node::Numbers(Numbers::Arenas, &ARENA),
};

const ARENA: Node = names! {
    nthreads: heap(Figure::Threads),
    uptime: heap(Figure::Uptime),
    dss: text(Word::Disabled),
    dirty_decay_ms: Node::Leaf(Leaf::ReadOnly(Setting::Decay)),
    muzzy_decay_ms: Node::Leaf(Leaf::ReadOnly(Setting::Muzzy)),
    pactive: heap(Figure::ActivePages),
    pdirty: heap(Figure::DirtyPages),
    pmuzzy: NONE,
    mapped: heap(Figure::Mapped),
    retained: heap(Figure::Retained),
    base: heap(Figure::Metadata),
    internal: NONE,
    metadata_thp: NONE,
    resident: heap(Figure::Resident),
    tcache_bytes: heap(Figure::Kept),
    tcache_stashed_bytes: NONE,
    small: names! {
        allocated: heap(Figure::Small),
    },
    large: names! {
        allocated: heap(Figure::Large),
    },
    bins: Node::Numbers(
        Numbers::Bins,
        &names! {
            curregs: of_class(ClassFigure::Live),
            curslabs: of_class(ClassFigure::Spans),
            nonfull_slabs: of_class(ClassFigure::Listed),
            nslabs: of_class(ClassFigure::Made),
        },
    ),
};
