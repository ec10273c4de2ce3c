//! `futex` with two words, without FUTEX_PRIVATE_FLAG, which holds for both.

use libc::c_int;

use super::marks::{Place, mark, place};
use super::raw::{Arguments, call, call_private, wake_private};

/// The call, if both words are of one kind, so that it can go on as it came or with the flag added. Else they are marked, and their places
/// returned.
fn alike(arguments: Arguments) -> Result<isize, (Place, Place)> {
    let [first, .., second, _] = arguments;
    match (place(first), place(second)) {
        (Place::Elsewhere, Place::Elsewhere) => Ok(call(arguments)),
        (Place::Unmarked, Place::Unmarked) => Ok(call_private(arguments)),
        places => {
            mark(first);
            mark(second);
            Err(places)
        }
    }
}

/// FUTEX_REQUEUE and FUTEX_CMP_REQUEUE: of those that wait at one word some are woken, and others go over to another word.
pub(super) fn requeue(arguments: Arguments) -> isize {
    let (first, second) = match alike(arguments) {
        Ok(result) => return result,
        Err(places) => places,
    };
    // It compares the word, if that is asked for.
    let moved = call(arguments);
    if moved < 0 || first == Place::Elsewhere {
        return moved;
    }
    let [word, _, wake, move_on, ..] = arguments;
    let (wake, move_on) = (wake as c_int as isize, move_on as c_int as isize);
    let wake_left = (wake - moved).max(0);
    let move_left = move_on - (moved - wake).max(0);
    let left = (wake_left + move_left).clamp(0, i32::MAX as isize);
    if left == 0 {
        return moved;
    }
    if second == Place::Elsewhere {
        // There they would wait with the flag, and nobody wakes those: they are woken now, and see for themselves.
        return moved + wake_private(word, left as c_int);
    }
    let mut rest = arguments;
    rest[2] = wake_left as usize;
    rest[3] = move_left.max(0) as usize;
    moved + call_private(rest).max(0)
}

/// FUTEX_WAKE_OP: changes the second word, wakes some that wait at the first, and depending on the second some that wait there.
pub(super) fn wake_both(arguments: Arguments) -> isize {
    let (first, second) = match alike(arguments) {
        Ok(result) => return result,
        Err(places) => places,
    };
    let woken = call(arguments);
    if woken < 0 {
        return woken;
    }
    // What the second word was is not known any more: who wakes for no reason goes on waiting.
    let [word, _, count, other_count, other, _] = arguments;
    let mut all = woken;
    for (place, word, count) in [(first, word, count), (second, other, other_count)] {
        if place != Place::Elsewhere {
            all += wake_private(word, count as c_int);
        }
    }
    all
}
