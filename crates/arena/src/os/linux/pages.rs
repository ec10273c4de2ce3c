//! How large the system's pages are.

use core::sync::atomic::AtomicU8;
#[cfg(not(target_arch = "x86_64"))]
use core::sync::atomic::Ordering;

use heap::Grain;

/// Bytes in a page of the heap's, wherever it runs.
pub(super) const PAGE: usize = 4096;

/// Which pages a system has.
pub trait Pages {
    /// The largest [grain](crate::Os::grain) that there may be.
    const COARSEST: Grain;

    /// The pages that it has as one. `known` is kept for it, and zero at first.
    fn grain(known: &AtomicU8) -> Grain;
}

/// Those that the processor and the kernel agree upon.
pub struct OwnPages;

#[cfg(target_arch = "x86_64")]
impl Pages for OwnPages {
    const COARSEST: Grain = Grain::PAGE;

    #[inline(always)]
    fn grain(_known: &AtomicU8) -> Grain {
        Grain::PAGE
    }
}

#[cfg(not(target_arch = "x86_64"))]
impl Pages for OwnPages {
    const COARSEST: Grain = Grain::SIXTEEN;

    #[inline]
    fn grain(known: &AtomicU8) -> Grain {
        const ALL: [Grain; 3] = [Grain::PAGE, Grain::FOUR, Grain::SIXTEEN];
        // Relaxed: whoever looks finds the same.
        let number = match known.load(Ordering::Relaxed) {
            0 => {
                // SAFETY: reads what the kernel has passed to the process.
                let bytes = unsafe { libc::getauxval(libc::AT_PAGESZ) } as usize;
                // What is whole for the largest is whole for all.
                let grain = Grain::of(bytes, PAGE).unwrap_or(Self::COARSEST);
                let number = ALL.iter().position(|other| *other == grain);
                let number = number.unwrap_or(ALL.len() - 1) as u8 + 1;
                known.store(number, Ordering::Relaxed);
                number
            }
            number => number,
        };
        ALL[usize::from(number - 1) % ALL.len()]
    }
}

/// Larger ones than the system has, for tests: what is done, is done to whole ones of so many bytes.
pub struct SeemingPages<const BYTES: usize>;

impl<const BYTES: usize> Pages for SeemingPages<BYTES> {
    const COARSEST: Grain = Grain::of(BYTES, PAGE).expect("a size of pages");

    #[inline(always)]
    fn grain(_known: &AtomicU8) -> Grain {
        Self::COARSEST
    }
}
