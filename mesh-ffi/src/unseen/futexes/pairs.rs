//! `futex` with two words, without FUTEX_PRIVATE_FLAG, which holds for both.

use libc::c_int;

use super::kept::mark;
use super::marks::{Place, place};
use super::raw::{Arguments, call, call_private, wake_private};

/// The places of the two words. If they differ in kind, both are marked.
fn places(arguments: Arguments) -> (Place, Place) {
    let [first, .., second, _] = arguments;
    let places = (place(first), place(second));
    if places.0 != places.1 {
        mark(first);
        mark(second);
    }
    places
}

/// What a requeue leaves to be woken, and to be moved, when it has dealt with `done` waiters. The first are woken.
fn left(arguments: &Arguments, done: isize) -> (isize, isize) {
    let [_, _, wake, move_on, ..] = arguments.map(|count| count as c_int as isize);
    let moved = (done - wake).max(0);
    ((wake - done).max(0), (move_on - moved).max(0))
}

/// FUTEX_REQUEUE and FUTEX_CMP_REQUEUE: of those that wait at one word some are woken, and others go over to another word.
pub(super) fn requeue(mut arguments: Arguments) -> isize {
    let (first, second) = places(arguments);
    let with_flag = first != Place::Elsewhere && second != Place::Elsewhere;
    // It compares the word, if that is asked for.
    let done = if with_flag {
        call_private(arguments)
    } else {
        call(arguments)
    };
    if done < 0 || first == Place::Elsewhere {
        return done;
    }
    let (wake, move_on) = left(&arguments, done);
    if wake + move_on == 0 {
        return done;
    }
    if second == Place::Elsewhere {
        // There they would wait with the flag, and nobody wakes those: they are woken now, and see for themselves.
        let all = (wake + move_on).min(i32::MAX as isize);
        return done + wake_private(arguments[0], all as c_int);
    }
    arguments[2] = wake as usize;
    arguments[3] = move_on as usize;
    done + call(arguments).max(0)
}

/// FUTEX_WAKE_OP: changes the second word, wakes some that wait at the first, and depending on the second some that wait there.
pub(super) fn wake_both(arguments: Arguments) -> isize {
    let (first, second) = places(arguments);
    if (first, second) == (Place::Unmarked, Place::Unmarked) {
        return call_private(arguments);
    }
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
