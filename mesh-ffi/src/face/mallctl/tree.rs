//! The tree of names, and ways through it: by a name, whose parts have dots between them, and by the numbers of these parts.

use core::ffi::c_int;

use super::leaf::Leaf;
use super::names::{BINS, ROOT};

/// What follows a name, or stands for a whole one.
pub(super) enum Node {
    /// The end of a name.
    Leaf(Leaf),
    /// One of these names.
    Names(&'static Names),
    /// A number, and then what follows each.
    Numbers(Numbers, &'static Node),
}

/// Names, and what follows each.
pub(super) struct Names {
    /// The names, each with a space behind it.
    pub(super) text: &'static str,
    pub(super) nodes: &'static [Node],
}

/// Makes a [`Node`] of names.
macro_rules! names {
    ($($name:ident: $node:expr),* $(,)?) => {
        $crate::face::mallctl::tree::Node::Names(&$crate::face::mallctl::tree::Names {
            text: concat!($(stringify!($name), " "),*),
            nodes: &[$($node),*],
        })
    };
}
pub(super) use names;

/// Numbers that a name may have.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Numbers {
    /// Those of arenas: zero, and what stands for all of them.
    Arenas,
    /// Those of the size classes that serve the program.
    Bins,
}

/// The number that stands for all arenas; the number of arenas does as well, as it once did.
const ALL_ARENAS: usize = 4096;

/// How many arenas there are.
pub(super) const ARENAS: usize = 1;

impl Numbers {
    fn has(self, number: usize) -> bool {
        match self {
            Self::Arenas => number <= ARENAS || number == ALL_ARENAS,
            Self::Bins => number < BINS,
        }
    }
}

impl Names {
    /// The names, in the order of their numbers.
    pub(super) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.text.split_terminator(' ')
    }
}

/// A way from the root down.
pub(super) struct Way {
    at: &'static Node,
    /// The numbers that were passed, the last one last.
    numbers: [usize; 2],
}

impl Way {
    pub(super) const fn begin() -> Self {
        Self {
            at: &ROOT,
            numbers: [0; 2],
        }
    }

    /// The way to what says something of this size class.
    pub(super) const fn to_class(class: usize) -> Self {
        Self {
            at: &ROOT,
            numbers: [0, class],
        }
    }

    /// Goes to the part with this number.
    pub(super) fn go(&mut self, number: usize) -> Result<(), c_int> {
        self.at = match self.at {
            Node::Leaf(_) => return Err(libc::ENOENT),
            Node::Names(names) => names.nodes.get(number).ok_or(libc::ENOENT)?,
            Node::Numbers(numbers, next) if numbers.has(number) => {
                self.numbers = [self.numbers[1], number];
                next
            }
            Node::Numbers(..) => return Err(libc::ENOENT),
        };
        Ok(())
    }

    /// The number of the part that is called `part`, if there is one.
    fn number_of(&self, part: &[u8]) -> Option<usize> {
        match self.at {
            Node::Leaf(_) => None,
            Node::Names(names) => names.names().position(|name| name.as_bytes() == part),
            Node::Numbers(..) => decimal(part),
        }
    }

    /// Goes on by `name`; each part's number is passed to `each` until that has enough.
    pub(super) fn go_by(
        &mut self,
        name: &[u8],
        mut each: impl FnMut(usize) -> bool,
    ) -> Result<(), c_int> {
        let mut parts = name.split(|&byte| byte == b'.').peekable();
        while let Some(part) = parts.next() {
            let number = self.number_of(part).ok_or(libc::ENOENT)?;
            self.go(number)?;
            if matches!(self.at, Node::Leaf(_)) && parts.peek().is_some() {
                return Err(libc::ENOENT);
            }
            if !each(number) {
                break;
            }
        }
        Ok(())
    }

    /// What stands here; ENOENT where a name goes on.
    pub(super) fn end(&self) -> Result<Leaf, c_int> {
        match self.at {
            Node::Leaf(leaf) => Ok(*leaf),
            _ => Err(libc::ENOENT),
        }
    }

    /// The arena that the way passed; `None` where it stands for all of them.
    pub(super) fn arena(&self) -> Option<usize> {
        let arena = self.numbers[1];
        (arena < ARENAS).then_some(arena)
    }

    /// The size class that the way passed last.
    pub(super) fn class(&self) -> usize {
        self.numbers[1]
    }
}

/// A decimal number of at most six digits.
fn decimal(digits: &[u8]) -> Option<usize> {
    if digits.is_empty() || digits.len() > 6 {
        return None;
    }
    digits.iter().try_fold(0, |value, digit| {
        digit
            .is_ascii_digit()
            .then(|| value * 10 + usize::from(digit - b'0'))
    })
}
