//! `thread.…`, `tcache.…`, and `prof.…`, the heap profile.

use super::{Node, constant, names, setting};
use crate::face::mallctl::constant::Constant;
use crate::face::mallctl::figure::Figure;
use crate::face::mallctl::leaf::{Leaf, Order, Request};
use crate::face::mallctl::setting::Setting;

const FLUSH: Node = Node::Leaf(Leaf::Order(Order::Flush));
const PROFILES: Node = Node::Leaf(Leaf::OfSamples(Figure::Profiles));

pub(super) const THREAD: Node = names! {
    arena: setting(Setting::Arena),
    idle: FLUSH,
    tcache: names! {
        enabled: setting(Setting::Cache),
        flush: FLUSH,
    },
    prof: names! {
        active: PROFILES,
    },
};

pub(super) const TCACHE: Node = names! {
    create: Node::Leaf(Leaf::Request(Request::MakeCache)),
    flush: Node::Leaf(Leaf::Request(Request::FlushCache)),
    destroy: Node::Leaf(Leaf::Request(Request::EndCache)),
};

pub(super) const PROF: Node = names! {
    active: setting(Setting::Samples),
    thread_active_init: PROFILES,
    gdump: Node::Leaf(Leaf::OfSamples(Figure::Never)),
    lg_sample: Node::Leaf(Leaf::Figure(Figure::LogOfSample)),
    interval: constant(Constant::Count(0)),
    dump: Node::Leaf(Leaf::Request(Request::WriteProfile)),
    reset: Node::Leaf(Leaf::Request(Request::ResetProfile)),
};
