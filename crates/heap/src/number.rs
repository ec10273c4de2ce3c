//! Numbers with types: a page is not a slot, and a class is not a count.

macro_rules! number {
    ($(#[$doc:meta])* $name:ident($repr:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
        #[repr(transparent)]
        pub struct $name(pub $repr);

        impl $name {
            /// The number as an index.
            #[inline(always)]
            pub const fn index(self) -> usize {
                self.0 as usize
            }
        }
    };
}

number!(
    /// A page's number, counted from the start of the arena.
    PageIndex(usize)
);
number!(
    /// A number of pages.
    PageCount(u32)
);
number!(
    /// A size class: an index into the table of object sizes.
    SizeClass(u8)
);
number!(
    /// An object's place in its span: the object starts `slot × object size` bytes after the span does.
    Slot(u16)
);
number!(
    /// A span's record among those of its size class.
    SpanId(u32)
);
number!(
    /// A thread heap's number. Zero is nobody.
    OwnerId(u32)
);

impl PageIndex {
    /// The page `count` pages further on.
    #[inline(always)]
    #[must_use]
    pub const fn plus(self, count: PageCount) -> Self {
        Self(self.0 + count.0 as usize)
    }
}

impl OwnerId {
    /// No thread heap at all: whoever frees an object of such a page looks closer, and may keep it.
    pub const NOBODY: Self = Self(0);
    /// Nobody may keep an object of such a page when it is freed.
    pub const NEVER: Self = Self((1 << 24) - 2);
}
