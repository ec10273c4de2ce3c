//! Sets of signals, without the C library's functions for them.

use core::mem::MaybeUninit;

use libc::{c_int, sigset_t};

/// The signals that the C library keeps for itself, and out of all sets that it fills.
const ITS_OWN: [c_int; 2] = [32, 33];

/// Signals of the kernel.
pub(crate) const LAST: c_int = 64;

const _: () = assert!(size_of::<sigset_t>() >= size_of::<u64>());

/// The set with these signals, of which the kernel's word has one bit each.
pub(crate) fn of_word(word: u64) -> sigset_t {
    let mut set = MaybeUninit::<sigset_t>::zeroed();
    // SAFETY: a set begins with the kernel's word, and is at least as large.
    unsafe { set.as_mut_ptr().cast::<u64>().write(word) };
    // SAFETY: all zeros is a valid set, and so is any first word.
    unsafe { set.assume_init() }
}

/// The kernel's word of a set.
pub(crate) fn word(set: &sigset_t) -> u64 {
    // SAFETY: a set begins with the kernel's word.
    unsafe { core::ptr::from_ref(set).cast::<u64>().read() }
}

/// The set without any signal.
pub(crate) fn empty() -> sigset_t {
    of_word(0)
}

/// The set with all signals that a program may use.
pub(crate) fn full() -> sigset_t {
    of_word(ITS_OWN.iter().fold(u64::MAX, |all, &own| all & !bit(own)))
}

/// Whether a program may put the signal into a set.
pub(crate) fn is_signal(signal: c_int) -> bool {
    (1..=LAST).contains(&signal) && !ITS_OWN.contains(&signal)
}

/// Whether `signal` is in the set.
pub(crate) fn has(set: &sigset_t, signal: c_int) -> bool {
    word(set) & bit(signal) != 0
}

/// The set with `signal` in it, or without; as it was for what is no signal.
pub(crate) fn with(set: sigset_t, signal: c_int, member: bool) -> sigset_t {
    let word = word(&set);
    of_word(if member {
        word | bit(signal)
    } else {
        word & !bit(signal)
    })
}

/// The bit of a signal; none for what is no signal.
pub(crate) fn bit(signal: c_int) -> u64 {
    if (1..=LAST).contains(&signal) {
        1 << (signal - 1)
    } else {
        0
    }
}
