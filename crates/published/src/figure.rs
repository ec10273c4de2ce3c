//! The figures, and their names.

/// An enumeration whose members are numbered from zero on, each with a name.
macro_rules! named {
    ($(#[$about:meta])* $kind:ident, $($(#[$what:meta])* $member:ident = $name:literal,)*) => {
        $(#[$about])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(usize)]
        pub enum $kind {
            $($(#[$what])* $member,)*
        }

        impl $kind {
            /// All of them, in the order of their numbers.
            pub const ALL: &[Self] = &[$(Self::$member),*];

            /// Their names.
            pub const NAMES: &[&str] = &[$($name),*];

            /// How many there are.
            pub const COUNT: usize = Self::ALL.len();

            /// Its number.
            pub const fn index(self) -> usize {
                self as usize
            }

            /// Its name.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$member => $name,)*
                }
            }
        }
    };
}

named! {
    /// A figure of the whole heap. The names are those of `mesh_stats_json`, where that has them.
    Figure,
    /// Spans whose objects were moved onto another one, since the start.
    MeshCount = "mesh_count",
    /// Pages of those spans.
    PagesReleased = "pages_released",
    /// Pages that are saved now.
    PagesSaved = "pages_saved",
    /// The most that were ever saved.
    PagesSavedPeak = "pages_saved_peak",
    /// Mesh cycles begun.
    Cycles = "cycles",
    /// How often the heap was compacted since memory was scarce.
    CompactedUnderPressure = "compacted_under_pressure",
    /// Steps that the system refused.
    Refused = "refused",
    /// Spans left where they were, since the kernel may have been writing to them.
    LeftToTheKernel = "left_to_the_kernel",
    /// The longest time that a mesh held a lock, in nanoseconds.
    LongestHoldNs = "longest_hold_ns",
    /// Mappings that meshing added.
    Mappings = "mappings",
    /// Mappings that it may add.
    MappingsLimit = "mappings_limit",
    /// Meshes left undone for want of mappings.
    Unaffordable = "unaffordable",
    /// Bytes of small objects in use.
    SmallBytes = "small_bytes",
    /// Of these, bytes of slots that threads keep for themselves.
    KeptBytes = "kept_bytes",
    /// Threads with a heap of their own.
    Threads = "threads",
    /// Bytes of large objects.
    LargeBytes = "large_bytes",
    /// The number of large objects.
    LargeCount = "large_count",
    /// Bytes of the spans of small objects, each physical page counted once.
    SpanBytes = "span_bytes",
    /// Unused bytes that are still there.
    DirtyBytes = "dirty_bytes",
    /// Unused bytes that were given back.
    CleanBytes = "clean_bytes",
    /// Bytes mapped for records and tables.
    MetadataBytes = "metadata_bytes",
    /// Bytes of addresses mapped for objects.
    MappedBytes = "mapped_bytes",
    /// Hints that the system refused.
    HintsRefused = "hints_refused",
    /// The limit that the heap keeps to, in bytes; zero for none.
    LimitBytes = "limit_bytes",
    /// Requests that were refused for the limit.
    RefusedAtLimit = "refused_at_limit",
    /// When this was published, in milliseconds of the coarse monotonic clock.
    WhenMs = "when_ms",
    /// The number of the process that published it, in its own namespace.
    Process = "process",
}

named! {
    /// A short text.
    Text,
    /// Why nothing is meshed; empty when meshing is on.
    UnmeshedBecause = "unmeshed_because",
    /// The write barrier in use.
    Barrier = "barrier",
    /// Why it is not the better one.
    BarrierReason = "barrier_reason",
}

named! {
    /// A figure of one size class.
    ClassFigure,
    /// Bytes of an object.
    ObjectSize = "object_size",
    /// Slots of a span.
    Slots = "slots",
    /// Pages of a span.
    Pages = "pages",
    /// Virtual spans.
    Spans = "spans",
    /// Physical spans: those that were meshed together count once.
    PhysicalSpans = "physical_spans",
    /// Groups of meshed spans.
    Groups = "groups",
    /// Slots in use, those in threads' hands included.
    Live = "live",
    /// One for a class whose objects are kept apart and never meshed, else zero.
    Apart = "apart",
}

/// The figures of one size class. Another process may say anything: what is reckoned from them ends at the largest number.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Class(pub [u64; ClassFigure::COUNT]);

impl Class {
    /// One of them.
    pub fn figure(&self, which: ClassFigure) -> u64 {
        self.0.get(which.index()).copied().unwrap_or(0)
    }

    /// Whether the class has spans.
    pub fn is_used(&self) -> bool {
        self.figure(ClassFigure::Spans) > 0
    }

    /// Bytes of the slots in use.
    pub fn live_bytes(&self) -> u64 {
        self.figure(ClassFigure::Live)
            .saturating_mul(self.figure(ClassFigure::ObjectSize))
    }

    /// Pages of its physical spans.
    pub fn physical_pages(&self) -> u64 {
        self.figure(ClassFigure::PhysicalSpans)
            .saturating_mul(self.figure(ClassFigure::Pages))
    }

    /// Pages that meshing saves now.
    pub fn pages_saved(&self) -> u64 {
        self.figure(ClassFigure::Spans)
            .saturating_sub(self.figure(ClassFigure::PhysicalSpans))
            .saturating_mul(self.figure(ClassFigure::Pages))
    }

    /// Hundredths of the slots of its physical spans that are in use; none without spans.
    pub fn filled(&self) -> Option<u64> {
        let slots = self
            .figure(ClassFigure::PhysicalSpans)
            .saturating_mul(self.figure(ClassFigure::Slots));
        self.figure(ClassFigure::Live)
            .saturating_mul(100)
            .checked_div(slots)
    }
}
