//! Variables whose names somebody got almost right. Whatever else begins with `MESH_` is nobody's business: a service mesh, or a
//! container platform that has a service of that name, sets such variables too.

/// What all names that may be near misses begin with.
const PREFIX: &[u8] = b"MESH_";

/// Letters of a name, behind the prefix, for which one slip is forgiven.
const LETTERS_PER_SLIP: usize = 4;
/// Slips that are forgiven at most.
const MOST_SLIPS: usize = 2;

/// The longest name that is looked at.
const LONGEST: usize = 32;

/// Units that a name may end with, and that may have been left out or added.
const UNITS: [&[u8]; 3] = [b"_MS", b"_SECONDS", b"_THREAD"];

/// Which of `names` the program may have meant by `name`, which is none of them: close to it are other letter cases, a slip or
/// two, and a unit too many or too few.
pub(super) fn meant<'a>(name: &[u8], names: &[&'a [u8]]) -> Option<&'a [u8]> {
    if !name.starts_with(PREFIX) || names.contains(&name) {
        return None;
    }
    names.iter().copied().find(|ours| is_close(name, ours))
}

fn is_close(name: &[u8], ours: &[u8]) -> bool {
    let (Some(name), Some(ours)) = (name.get(PREFIX.len()..), ours.get(PREFIX.len()..)) else {
        return false;
    };
    let forgiven = (ours.len() / LETTERS_PER_SLIP).min(MOST_SLIPS);
    differ_by_unit(name, ours) || slips(name, ours).is_some_and(|slips| slips <= forgiven)
}

/// Whether one of the names is the other one and a unit.
fn differ_by_unit(name: &[u8], ours: &[u8]) -> bool {
    let stems = |long: &[u8], short: &[u8]| {
        UNITS.iter().any(|unit| {
            long.strip_suffix(*unit)
                .is_some_and(|stem| stem.eq_ignore_ascii_case(short))
        })
    };
    stems(ours, name) || stems(name, ours)
}

/// Letters to add, to leave out or to change (not counting their case) to get from one name to the other; `None` for long names.
fn slips(from: &[u8], to: &[u8]) -> Option<usize> {
    // One row of the table of distances between beginnings of both.
    let mut row: [usize; LONGEST + 1] = core::array::from_fn(|column| column);
    let row = row.get_mut(..=to.len())?;
    for (line, letter) in from.iter().enumerate() {
        let mut diagonal = line;
        let mut left = line + 1;
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (place, other) in row.iter_mut().skip(1).zip(to) {
            let changed = diagonal + usize::from(!letter.eq_ignore_ascii_case(other));
            diagonal = *place;
            left = changed.min(diagonal + 1).min(left + 1);
            *place = left;
        }
    }
    row.last().copied()
}
