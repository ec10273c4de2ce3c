//! `config.…`, how the library was built, and `opt.…`, how it was started.

use super::{NO, Node, Word, YES, constant, names, text};
use crate::face::mallctl::constant::Constant;
use crate::face::mallctl::figure::Figure;
use crate::face::mallctl::leaf::Leaf;
use crate::face::mallctl::tree::ARENAS;

use heap::ClassMap;
use miniheap::SpanClasses;

pub(super) const CONFIG: Node = names! {
    cache_oblivious: NO,
    debug: Node::Leaf(Leaf::ChecksItself),
    fill: NO,
    lazy_lock: NO,
    malloc_conf: text(Word::Nothing),
    prof: YES,
    prof_libgcc: NO,
    prof_libunwind: NO,
    stats: YES,
    utrace: NO,
    xmalloc: NO,
};

const NEVER: Node = constant(Constant::Signed(-1));
const DISABLED: Node = text(Word::Disabled);
const NOTHING: Node = text(Word::Nothing);

/// The largest blocks that threads keep.
pub(super) const LARGEST_KEPT: Node = constant(Constant::Size(SpanClasses::LARGEST as u32));

pub(super) const OPT: Node = names! {
    abort: Node::Leaf(Leaf::Figure(Figure::EndsMisuse)),
    abort_conf: NO,
    confirm_conf: NO,
    cache_oblivious: NO,
    metadata_thp: DISABLED,
    trust_madvise: NO,
    retain: YES,
    dss: DISABLED,
    narenas: constant(Constant::Unsigned(ARENAS as u16)),
    oversize_threshold: constant(Constant::Size(0)),
    percpu_arena: DISABLED,
    background_thread: Node::Leaf(Leaf::Figure(Figure::WantsBackground)),
    max_background_threads: constant(Constant::Size(1)),
    dirty_decay_ms: Node::Leaf(Leaf::DecayAtStart),
    muzzy_decay_ms: constant(Constant::Signed(0)),
    stats_print: Node::Leaf(Leaf::Figure(Figure::PrintsSummary)),
    stats_print_opts: NOTHING,
    stats_interval: NEVER,
    stats_interval_opts: NOTHING,
    junk: text(Word::False),
    zero: NO,
    zero_realloc: text(Word::Free),
    tcache: YES,
    tcache_max: LARGEST_KEPT,
    thp: text(Word::Default),
    hpa: NO,
    experimental_infallible_new: NO,
    prof: Node::Leaf(Leaf::Figure(Figure::Profiles)),
    prof_prefix: Node::Leaf(Leaf::Figure(Figure::ProfilePrefix)),
    prof_active: Node::Leaf(Leaf::Figure(Figure::ProfilesAtStart)),
    prof_thread_active_init: Node::Leaf(Leaf::Figure(Figure::Profiles)),
    lg_prof_sample: Node::Leaf(Leaf::Figure(Figure::LogOfSample)),
    prof_accum: Node::Leaf(Leaf::Figure(Figure::Profiles)),
    lg_prof_interval: NEVER,
    prof_gdump: NO,
    prof_final: Node::Leaf(Leaf::Figure(Figure::WritesProfile)),
    prof_leak: Node::Leaf(Leaf::Figure(Figure::TellsLeaks)),
    prof_leak_error: NO,
    prof_stats: NO,
};
