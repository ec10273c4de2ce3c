//! The figures of the heap, under the names of [`Figure`].

use published::Figure;

use crate::ground::heap::HEAP;
use crate::upkeep::pressure;

/// Passes the figures of now to `take`, but for those that only what is published has.
pub(crate) fn each(mut take: impl FnMut(Figure, usize)) {
    let stats = HEAP.global().stats();
    let arena = HEAP.global().pages().stats();
    let mesh = HEAP.global().mesh_stats();
    let longest = usize::try_from(mesh.longest_hold_ns).unwrap_or(usize::MAX);
    take(Figure::MeshCount, mesh.meshes);
    take(Figure::PagesReleased, mesh.pages_released);
    take(Figure::PagesSaved, mesh.pages_saved);
    take(Figure::PagesSavedPeak, mesh.pages_saved_peak);
    take(Figure::Cycles, mesh.cycles);
    take(Figure::CompactedUnderPressure, pressure::times());
    take(Figure::Refused, mesh.refused);
    take(Figure::LeftToTheKernel, mesh.named);
    take(Figure::LongestHoldNs, longest);
    take(Figure::Mappings, arena.mappings);
    take(Figure::MappingsLimit, arena.mappings_limit);
    take(Figure::Unaffordable, mesh.unaffordable);
    take(Figure::SmallBytes, stats.small_bytes);
    take(Figure::KeptBytes, HEAP.kept_bytes());
    take(Figure::Threads, HEAP.attached());
    take(Figure::LargeBytes, stats.large_bytes);
    take(Figure::LargeCount, stats.large_count);
    take(Figure::SpanBytes, stats.span_bytes);
    take(Figure::DirtyBytes, arena.dirty);
    take(Figure::CleanBytes, arena.clean);
    take(Figure::MetadataBytes, arena.metadata);
    take(Figure::MappedBytes, arena.opened);
    take(Figure::HintsRefused, arena.hints_refused);
    let limit = HEAP.global().pages().memory_limit();
    take(Figure::LimitBytes, limit.unwrap_or(0));
    let refused = HEAP.global().pages().refused_at_limit();
    take(Figure::RefusedAtLimit, refused);
}
