//! `arena.…`, of one arena or all, and `arenas.…`: how the heap is divided.

use super::options::LARGEST_KEPT;
use super::{BINS, Node, YES, constant, names, setting};
use crate::face::mallctl::constant::Constant;
use crate::face::mallctl::figure::ClassFigure;
use crate::face::mallctl::leaf::{Leaf, Order, Request};
use crate::face::mallctl::setting::Setting;
use crate::face::mallctl::tree::{self, Numbers};

pub(super) const ARENA: Node = Node::Numbers(
    Numbers::Arenas,
    &names! {
        initialized: YES,
        decay: Node::Leaf(Leaf::Order(Order::Decay)),
        purge: Node::Leaf(Leaf::Order(Order::Purge)),
        reset: Node::Leaf(Leaf::Order(Order::Reset)),
        destroy: Node::Leaf(Leaf::Order(Order::Reset)),
        dirty_decay_ms: setting(Setting::DecayOfArena),
        muzzy_decay_ms: setting(Setting::MuzzyOfArena),
    },
);

const fn of_class(figure: ClassFigure) -> Node {
    Node::Leaf(Leaf::OfClass(figure))
}

pub(super) const ARENAS: Node = names! {
    narenas: constant(Constant::Unsigned(tree::ARENAS as u16)),
    dirty_decay_ms: setting(Setting::Decay),
    muzzy_decay_ms: setting(Setting::Muzzy),
    quantum: constant(Constant::Size(16)),
    page: constant(Constant::Size(<arena::Linux as arena::Os>::PAGE_SIZE as u32)),
    tcache_max: LARGEST_KEPT,
    nbins: constant(Constant::Unsigned(BINS as u16)),
    nhbins: constant(Constant::Unsigned(BINS as u16)),
    bin: Node::Numbers(
        Numbers::Bins,
        &names! {
            size: of_class(ClassFigure::Size),
            nregs: of_class(ClassFigure::Slots),
            slab_size: of_class(ClassFigure::SpanBytes),
            nshards: constant(Constant::Unsigned(1)),
        },
    ),
    nlextents: constant(Constant::Unsigned(0)),
    create: Node::Leaf(Leaf::Request(Request::MakeArena)),
    lookup: Node::Leaf(Leaf::Request(Request::FindArena)),
};
