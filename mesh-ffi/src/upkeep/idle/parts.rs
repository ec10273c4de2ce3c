//! A wait for a time, taken apart.

use arena::SignalMask;
use libc::c_int;

use crate::ground::{errno, request};
use crate::unseen::rest::{Caller, resting_if};
use crate::unseen::signals::Held;
use crate::unseen::waits::schedule::{Parted, Span, Work, in_parts, left_of};
use crate::upkeep::watch::Watch;

/// A call of the program's that waits for something to happen. Its functions return zero if nothing has.
pub(super) struct Call<W, L> {
    /// Waits as the program asked, but for so long: under its mask, and where its thread may be cancelled.
    pub(super) wait: W,
    /// Looks whether something has happened, by a bare system call: signals are blocked, and would be in the clean-up of a thread
    /// that is cancelled here. A negative number: only `wait` can tell.
    pub(super) look: L,
    /// The mask that the call has while it waits; `None` for that of the thread.
    pub(super) mask: Option<SignalMask>,
}

/// Any such call: there is one code for all of them.
type AnyCall<'a> = Call<&'a mut dyn FnMut(Span) -> c_int, &'a mut dyn FnMut() -> c_int>;

/// Makes a wait of `timeout` milliseconds, taken apart so that upkeep is done in it ([`in_parts`]).
///
/// Upkeep is done with signals blocked, and between the waits, so that handlers that end a wait find the mask that they would find
/// without us, and what they change in it holds. One that came meanwhile runs behind the upkeep, and then the wait is over. Only
/// a signal that comes just between an upkeep and a wait finds nothing to end, like one that comes just before the program's call;
/// a program that has it blocked outside of the call, and so means to miss none, misses none.
///
/// What the thread keeps is for others meanwhile, unless the wait is for no time at all. A signal that only asked for a map does
/// not end it.
#[inline(always)]
pub(super) fn waiting(
    timeout: c_int,
    mut call: Call<impl FnMut(Span) -> c_int, impl FnMut() -> c_int>,
) -> c_int {
    let call = Call {
        wait: &mut call.wait as _,
        look: &mut call.look as _,
        mask: call.mask,
    };
    resting_if(timeout != 0, Caller::Anybody, || apart(timeout, call))
}

/// [`waiting`] without regard to what the thread keeps.
fn apart(timeout: c_int, mut call: AnyCall<'_>) -> c_int {
    let watch = Watch::begin();
    let (mut left, mut whole) = (timeout, Span::AsAsked);
    loop {
        let result = in_parts(left, whole, &mut call);
        let Some(watch) = &watch else { return result };
        if result >= 0 || !watch.was_ended(errno::value()) {
            return result;
        }
        // The program's wait may have been for longer.
        left = left_of(timeout, watch.passed_ns());
        whole = Span::Rest(left);
    }
}

impl Parted for AnyCall<'_> {
    fn wait(&mut self, span: Span) -> c_int {
        (self.wait)(span)
    }

    #[inline(never)]
    fn act(&mut self, work: Work<'_>, helped: &mut bool) -> c_int {
        if !(work.is_wanted)() {
            return 0;
        }
        let signals = Held::begin();
        // A signal that came before does not end the waits to come.
        request::answer();
        let mut result = 0;
        while result == 0 && (work.act)() {
            *helped = true;
            if signals.keeps_something(self.mask) {
                break;
            }
            result = (self.look)();
        }
        if signals.end() && result <= 0 {
            errno::set(libc::EINTR);
            return -1;
        }
        result.max(0)
    }
}
