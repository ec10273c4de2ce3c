//! `thread.…`, `tcache.…`, and `prof.…`: without samples only what says that there are none.

use super::{Node, constant, names, setting};
use crate::face::mallctl::constant::Constant;
use crate::face::mallctl::leaf::{Leaf, Order, Request};
use crate::face::mallctl::setting::Setting;

const FLUSH: Node = Node::Leaf(Leaf::Order(Order::Flush));
const OF_SAMPLES: Node = Node::Leaf(Leaf::OfSamples);

pub(super) const THREAD: Node = names! {
    arena: setting(Setting::Arena),
    idle: FLUSH,
    tcache: names! {
        enabled: setting(Setting::Cache),
        flush: FLUSH,
    },
    prof: names! {
        active: OF_SAMPLES,
    },
};

pub(super) const TCACHE: Node = names! {
    create: Node::Leaf(Leaf::Request(Request::MakeCache)),
    flush: Node::Leaf(Leaf::Request(Request::FlushCache)),
    destroy: Node::Leaf(Leaf::Request(Request::EndCache)),
};

pub(super) const PROF: Node = names! {
    active: setting(Setting::Samples),
    thread_active_init: OF_SAMPLES,
    gdump: OF_SAMPLES,
    lg_sample: constant(Constant::Size(0)),
    interval: constant(Constant::Count(0)),
};
