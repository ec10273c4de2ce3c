//! Functions of the C library that have the kernel write to memory of the program, by topic.
//!
//! Each is passed on as it came, with the small objects that it may write to published meanwhile (`hazards`). What glibc's
//! own code reads does not come through here: see docs/decisions/005-hazards.md.

mod answers;
mod bytes;
mod clocks;
mod files;
mod names;
mod processes;
mod queues;
mod signals;
mod sockets;
mod streams;
mod system;
mod times;
mod vectors;

/// Declares functions of the C library, each with what it may write to. In those that are declared with `sleeping` a thread may
/// sleep for long; in brackets stands what comes before the call then, in a program that has time (`waits`).
///
/// Arguments that are only passed on are words; a result that is a pointer or nothing is a word as well.
macro_rules! receiving {
    ($($function:ident = $name:literal ($($argument:ident : $type:ty),* $(,)?) -> $result:ty $(, $sleeping:ident $(($before:expr))?)?: $written:expr;)*) => {$(
        $crate::ground::only_shared::only_shared!($function);
        /// The function of the C library of this name.
        ///
        /// # Safety
        /// As for that function.
        pub(crate) unsafe extern "C" fn $function($($argument: $type),*) -> $result {
            $crate::ground::next::next!(fn next = $name($($argument: $type),*) -> $result);
            let written: $crate::unseen::written::Written = $written;
            // SAFETY: the same contract.
            let call = || unsafe { next($($argument),*) };
            let call = || $crate::unseen::hazards::during(&written, call);
            $crate::unseen::receiving::called!(call $(, $sleeping $(, $before)?)?)
        }
    )*};
}
use receiving;

/// The result of a call, in which a thread may be `sleeping`.
macro_rules! called {
    ($call:ident) => {
        $call()
    };
    ($call:ident, sleeping) => {
        $crate::unseen::rest::resting($crate::unseen::rest::Caller::Anybody, $call)
    };
    ($call:ident, sleeping, $before:expr) => {
        $crate::unseen::waits::waited($crate::unseen::rest::Caller::Anybody, || $before, $call)
    };
}
use called;
