//! What a site is: the kind of lock that is taken there, and what for.

use addr2line::Loader;
use anyhow::{Result, anyhow};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

/// Whose lock it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    /// The spans of a size class.
    Class,
    /// Slots of a size class between threads.
    Transfer,
    /// Pages.
    Arena,
    /// Anything else: the cycle, the list of threads.
    Other,
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Class => "class",
            Self::Transfer => "transfer",
            Self::Arena => "arena",
            Self::Other => "other",
        })
    }
}

/// What is done at a site.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub(crate) struct Operation {
    pub(crate) kind: Kind,
    /// The function that takes the lock.
    pub(crate) name: String,
}

/// A function that was inlined, or that others were inlined to.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Frame {
    /// Without arguments of types.
    function: String,
    /// The name of the file, and of the crate where it is in one of ours.
    file: String,
    package: Option<String>,
}

/// Functions that only lead to a lock.
const WAYS: [(&str, &str); 7] = [
    ("global.rs", "class"),
    ("global.rs", "spans"),
    ("mesh_heap.rs", "class"),
    ("arena.rs", "take"),
    ("arena.rs", "with_windows"),
    ("arena.rs", "uninterrupted"),
    ("transfer.rs", "lock_unless_empty"),
];

/// The operations of sites, which are offsets in `library`.
pub(crate) fn operations(
    library: &Path,
    sites: impl IntoIterator<Item = u64>,
) -> Result<BTreeMap<u64, Operation>> {
    let fail = |error: Box<dyn std::error::Error>| anyhow!("{}: {error}", library.display());
    let loader = Loader::new(library).map_err(fail)?;
    let mut operations = BTreeMap::new();
    for site in sites {
        // The call is before the place that it returns to.
        let mut found = loader.find_frames(site.wrapping_sub(1)).map_err(fail)?;
        let mut frames = Vec::new();
        while let Some(frame) = found.next().map_err(|error| fail(error.into()))? {
            let function = frame
                .function
                .as_ref()
                .and_then(|name| name.raw_name().ok());
            let file = frame.location.as_ref().and_then(|place| place.file);
            if let (Some(function), Some(file)) = (function, file) {
                frames.push(Frame::new(&function, file));
            }
        }
        operations.insert(site, operation(&frames));
    }
    Ok(operations)
}

impl Frame {
    fn new(function: &str, path: &str) -> Self {
        let before = |name: &str| -> Option<String> {
            let words: Vec<_> = path.split('/').collect();
            let at = words.iter().rposition(|&word| word == name)?;
            Some(words[at.checked_sub(1)?].into())
        };
        let ours =
            path.contains("crates/") || path.contains("mesh-ffi/") || path.contains("variants/");
        Self {
            function: function.split('<').next().unwrap_or(function).into(),
            file: path.rsplit('/').next().unwrap_or(path).into(),
            package: before("src").filter(|_| ours && !path.contains("/library/core/")),
        }
    }

    /// Whether it stands for an operation: it is ours, no closure, and does not only lead to a lock.
    fn says_what(&self) -> bool {
        let is_way = WAYS.contains(&(&self.file, &self.function));
        self.is_above_locks() && !is_way && !self.function.starts_with('{')
    }

    fn is_above_locks(&self) -> bool {
        match self.package.as_deref() {
            None | Some("stack") => false,
            Some("heap") => self.file != "lock.rs",
            Some(_) => true,
        }
    }
}

/// What frames, from the inside out, say.
fn operation(frames: &[Frame]) -> Operation {
    let above = frames.iter().find(|frame| frame.is_above_locks());
    let kind = above.map_or(Kind::Other, |frame| {
        match (frame.package.as_deref(), &*frame.file) {
            (Some("globalheap"), "transfer.rs") => Kind::Transfer,
            (Some("globalheap"), _) => Kind::Class,
            (Some("arena"), _) => Kind::Arena,
            _ => Kind::Other,
        }
    });
    let name = frames.iter().find(|frame| frame.says_what());
    Operation {
        kind,
        // A closure that is handed on: its file says more.
        name: name.map_or_else(
            || above.map_or_else(|| "unknown".into(), |frame| frame.file.clone()),
            |frame| frame.function.clone(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(frames: &[(&str, &str)]) -> (Kind, String) {
        let frames: Vec<_> = frames
            .iter()
            .map(|(function, file)| Frame::new(function, file))
            .collect();
        let operation = operation(&frames);
        (operation.kind, operation.name)
    }

    const LOCK: [(&str, &str); 2] = [
        ("lock", "/x/variants/timed/stack/src/lock.rs"),
        (
            "lock<mesh_timed_stack::lock::RecordedLock, miniheap::spans::Spans>",
            "/x/crates/heap/src/lock.rs",
        ),
    ];

    #[test]
    fn the_function_behind_the_ways_to_a_lock_is_the_operation() {
        let refill = [
            ("class<arena::Arena>", "/x/crates/globalheap/src/global.rs"),
            (
                "claim_known<arena::Arena>",
                "/x/crates/globalheap/src/refill.rs",
            ),
        ];
        assert_eq!(
            of(&[&LOCK[..], &refill].concat()),
            (Kind::Class, "claim_known".into())
        );
        let pages = [
            ("take<Os>", "/x/crates/arena/src/arena.rs"),
            ("allocate_span<Os>", "/x/crates/arena/src/spans.rs"),
            ("fetch_runs<Os>", "/x/crates/globalheap/src/refill.rs"),
        ];
        assert_eq!(
            of(&[&LOCK[..], &pages].concat()),
            (Kind::Arena, "allocate_span".into())
        );
        let transfer = [
            ("{closure#0}<L>", "/x/crates/globalheap/src/transfer.rs"),
            ("then<L>", "/rustc/1/library/core/src/bool.rs"),
            (
                "lock_unless_empty<L>",
                "/x/crates/globalheap/src/transfer.rs",
            ),
            ("take<L>", "/x/crates/globalheap/src/transfer.rs"),
        ];
        assert_eq!(
            of(&[&LOCK[..], &transfer].concat()),
            (Kind::Transfer, "take".into())
        );
    }

    #[test]
    fn what_is_not_known_is_said() {
        assert_eq!(of(&LOCK), (Kind::Other, "unknown".into()));
        let handed_on = [("{closure#0}<Os>", "/x/crates/arena/src/metadata.rs")];
        assert_eq!(
            of(&[&LOCK[..], &handed_on].concat()),
            (Kind::Arena, "metadata.rs".into())
        );
        let cycle = [("slice<M>", "/x/crates/meshheap/src/slice.rs")];
        assert_eq!(
            of(&[&LOCK[..], &cycle].concat()),
            (Kind::Other, "slice".into())
        );
    }
}
