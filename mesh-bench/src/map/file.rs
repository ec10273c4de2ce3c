//! Maps as `libmesh.so` writes them: docs/mallctl.md has the lines.

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use std::collections::HashSet;
use std::path::Path;

/// All spans of a heap.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct HeapMap {
    pub(crate) page_size: u64,
    pub(crate) classes: Vec<Class>,
}

/// The spans of one size class.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Class {
    /// Bytes of a slot.
    pub(crate) size: u64,
    /// Slots and pages of a span.
    pub(crate) slots: u64,
    pub(crate) pages: u64,
    pub(crate) spans: Vec<Span>,
}

/// One virtual span.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Span {
    pub(crate) page: u64,
    /// Slots in use at its own addresses.
    pub(crate) live: u64,
    pub(crate) place: Place,
}

/// Where a span lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Alone,
    /// On shared pages; the number is that of the group's leader, which says which group it is.
    Group(u64),
    Leftover,
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Line {
    Map {
        version: u64,
        page_size: u64,
    },
    Class {
        class: u64,
        size: u64,
        slots: u64,
        pages: u64,
    },
    Span {
        class: u64,
        page: u64,
        place: String,
        leader: Option<u64>,
        live: String,
    },
    End {
        spans: u64,
    },
}

impl HeapMap {
    /// Reads a map; errors name the file.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let named = || path.display().to_string();
        let text = std::fs::read_to_string(path).with_context(named)?;
        Self::parse(&text).with_context(named)
    }

    /// Reads the lines of a whole map.
    fn parse(text: &str) -> Result<Self> {
        let mut map = Self::default();
        let mut number = None;
        let mut ended = false;
        for (index, line) in text.lines().enumerate() {
            let named = || format!("line {} of the map", index + 1);
            let line = serde_json::from_str(line).with_context(named)?;
            ensure!(!ended, "the map goes on behind its end");
            if index == 0 && !matches!(line, Line::Map { .. }) {
                bail!("not a map");
            }
            ended = map.take(line, &mut number).with_context(named)?;
        }
        ensure!(ended, "the map has no end");
        Ok(map)
    }

    /// Takes the next line in; `class` is the number of the last class. True for the end.
    fn take(&mut self, line: Line, last: &mut Option<u64>) -> Result<bool> {
        match line {
            Line::Map { version, page_size } => {
                ensure!(version == 1, "a map of version {version}; known is 1");
                self.page_size = page_size;
            }
            Line::Class {
                class,
                size,
                slots,
                pages,
            } => {
                *last = Some(class);
                self.classes.push(Class {
                    size,
                    slots,
                    pages,
                    spans: Vec::new(),
                });
            }
            Line::Span {
                class,
                page,
                place,
                leader,
                live,
            } => {
                let of = self.classes.last_mut().context("a span of no class")?;
                ensure!(*last == Some(class), "a span of another class");
                let live = live_slots(&live).context("the slots of a span")?;
                ensure!(live <= of.slots, "more slots in use than there are");
                let place = match (place.as_str(), leader) {
                    ("alone", None) => Place::Alone,
                    ("leftover", None) => Place::Leftover,
                    ("group", Some(leader)) => Place::Group(leader),
                    _ => bail!("a span at `{place}`"),
                };
                of.spans.push(Span { page, live, place });
            }
            Line::End { spans } => {
                ensure!(
                    spans == self.spans(),
                    "another number of spans than it says"
                );
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// All virtual spans.
    pub(crate) fn spans(&self) -> u64 {
        self.classes
            .iter()
            .map(|class| class.spans.len() as u64)
            .sum()
    }

    /// One line: spans, pages, groups.
    pub(crate) fn summary(&self) -> String {
        let physical: u64 = self.classes.iter().map(Class::physical_pages).sum();
        let groups: usize = self.classes.iter().map(|class| class.groups().len()).sum();
        let pages = |class: &Class| class.pages * class.spans.len() as u64;
        format!(
            "{} spans, {} pages of addresses on {physical} physical ones, {groups} groups",
            self.spans(),
            self.classes.iter().map(pages).sum::<u64>(),
        )
    }
}

impl Class {
    /// The leaders of all groups.
    pub(crate) fn groups(&self) -> HashSet<u64> {
        let leader = |span: &Span| match span.place {
            Place::Group(leader) => Some(leader),
            _ => None,
        };
        self.spans.iter().filter_map(leader).collect()
    }

    /// Pages under the spans: those of a group count once, those of leftovers are another's.
    pub(crate) fn physical_pages(&self) -> u64 {
        let alone = self.spans.iter().filter(|span| span.place == Place::Alone);
        self.pages * (alone.count() + self.groups().len()) as u64
    }

    /// The share of the slots of all physical spans that is in use; `None` without any.
    pub(crate) fn occupancy(&self) -> Option<f64> {
        let slots = self.physical_pages() / self.pages.max(1) * self.slots;
        let live: u64 = self.spans.iter().map(|span| span.live).sum();
        (slots > 0).then(|| live as f64 / slots as f64)
    }
}

/// The number of bits in words of hexadecimal digits.
fn live_slots(digits: &str) -> Option<u64> {
    digits
        .chars()
        .map(|digit| digit.to_digit(16).map(|bits| u64::from(bits.count_ones())))
        .sum()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(crate) const MAP: &str = r#"{"kind":"map","version":1,"page_size":4096}
{"kind":"class","class":3,"size":256,"slots":16,"pages":1}
{"kind":"span","class":3,"span":0,"page":90,"place":"group","leader":0,"live":"0000000000000003"}
{"kind":"span","class":3,"span":1,"page":91,"place":"group","leader":0,"live":"0000000000000f00"}
{"kind":"span","class":3,"span":2,"page":92,"place":"alone","live":"000000000000ffff"}
{"kind":"class","class":5,"size":320,"slots":25,"pages":2}
{"kind":"span","class":5,"span":0,"page":95,"place":"leftover","live":"0000000000000000"}
{"kind":"end","spans":4}
"#;

    #[test]
    fn a_group_has_its_pages_once() {
        let map = HeapMap::parse(MAP).unwrap();
        assert_eq!(map.page_size, 4096);
        let class = &map.classes[0];
        let live: Vec<u64> = class.spans.iter().map(|span| span.live).collect();
        assert_eq!(live, [2, 4, 16]);
        assert_eq!(class.physical_pages(), 2);
        assert_eq!(class.occupancy(), Some(22.0 / 32.0));
        assert_eq!(map.classes[1].occupancy(), None);
        assert_eq!(
            map.summary(),
            "4 spans, 5 pages of addresses on 2 physical ones, 1 groups"
        );
    }

    #[test]
    fn any_part_of_a_map_is_an_error() {
        let lines: Vec<&str> = MAP.lines().collect();
        for count in 0..lines.len() {
            let part = lines[..count].join("\n");
            assert!(HeapMap::parse(&part).is_err(), "{count} lines");
        }
        for cut in 0..MAP.trim_end().len() {
            assert!(HeapMap::parse(&MAP[..cut]).is_err(), "{cut} bytes");
        }
    }

    #[test]
    fn what_cannot_be_is_named() {
        let error = |from: &str, to: &str| {
            let text = MAP.replacen(from, to, 1);
            format!("{:#}", HeapMap::parse(&text).unwrap_err())
        };
        assert!(error("\"version\":1", "\"version\":2").contains("version 2"));
        assert!(error("000000000000ffff", "00000000001fffff").contains("more slots"));
        assert!(error("\"alone\"", "\"aloft\"").contains("`aloft`"));
        assert!(error("\"spans\":4", "\"spans\":5").contains("another number"));
        assert!(error("000000000000ffff", "?").contains("slots of a span"));
        assert!(format!("{:#}", HeapMap::parse("{}").unwrap_err()).contains("line 1"));
    }
}
