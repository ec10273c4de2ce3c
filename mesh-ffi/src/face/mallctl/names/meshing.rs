//! `mesh.…` and `map.…`: what jemalloc has no names for.

use super::{Node, names, setting};
use crate::face::mallctl::figure::{Figure, MeshFigure};
use crate::face::mallctl::leaf::{Leaf, Order, Request};
use crate::face::mallctl::setting::Setting;

const fn figure(figure: MeshFigure) -> Node {
    Node::Leaf(Leaf::OfMeshing(figure))
}

pub(super) const MESH: Node = names! {
    enabled: setting(Setting::Meshing),
    check_period: setting(Setting::Period),
    effort: setting(Setting::Effort),
    thread_cache_max: setting(Setting::Budget),
    limit: setting(Setting::Limit),
    refused_at_limit: figure(MeshFigure::RefusedAtLimit),
    compact: Node::Leaf(Leaf::Order(Order::Compact)),
    scavenge: Node::Leaf(Leaf::Order(Order::Purge)),
    pressure: setting(Setting::Pressure),
    compacted_under_pressure: figure(MeshFigure::Compacted),
    count: figure(MeshFigure::Meshes),
    pages_saved: figure(MeshFigure::PagesSaved),
    bytes_saved: figure(MeshFigure::BytesSaved),
    kept_bytes: Node::Leaf(Leaf::Figure(Figure::Kept)),
    dirty_bytes: Node::Leaf(Leaf::Figure(Figure::Dirty)),
    mappings: figure(MeshFigure::Mappings),
    mappings_limit: figure(MeshFigure::MappingsLimit),
    max_mappings: setting(Setting::MostMappings),
    saved_per_1000_mappings: figure(MeshFigure::SavedPerThousand),
    unaffordable: figure(MeshFigure::Unaffordable),
    barrier: figure(MeshFigure::Barrier),
    pause_max_ns: figure(MeshFigure::LongestHold),
    failed: figure(MeshFigure::Refused),
};

pub(super) const MAP: Node = names! {
    write: Node::Leaf(Leaf::Request(Request::WriteMap)),
};
