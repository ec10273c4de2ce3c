//! The documents: each relative link leads to a file and a heading that exist, and the book has every page of `docs`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result, ensure};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// A document in Markdown.
#[derive(Debug, Default)]
struct Document {
    /// Where links and pictures lead that are relative to the document.
    links: Vec<String>,
    /// The names of its headings, as forges and mdbook make them.
    anchors: BTreeSet<String>,
}

impl Document {
    fn parse(text: &str) -> Self {
        let mut document = Self::default();
        let mut headings: BTreeMap<String, usize> = BTreeMap::new();
        let mut heading = None;
        for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
            match event {
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    let elsewhere = dest_url.contains("://") || dest_url.starts_with("mailto:");
                    // mdbook's sign for a title without a page.
                    if !elsewhere && !dest_url.is_empty() {
                        document.links.push(dest_url.into_string());
                    }
                }
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::Text(part) | Event::Code(part) => {
                    if let Some(heading) = &mut heading {
                        heading.push_str(&part);
                    }
                }
                Event::End(TagEnd::Heading(_)) => {
                    let name = anchor(&heading.take().unwrap_or_default());
                    let before = headings.entry(name.clone()).or_default();
                    document.anchors.insert(match *before {
                        0 => name,
                        nth => format!("{name}-{nth}"),
                    });
                    *before += 1;
                }
                _ => {}
            }
        }
        document
    }
}

/// The name of a heading: letters, numbers, `_` and `-`, and a `-` for each space.
fn anchor(heading: &str) -> String {
    heading
        .chars()
        .filter_map(|letter| match letter {
            ' ' => Some('-'),
            '-' | '_' => Some(letter),
            _ if letter.is_alphanumeric() => Some(letter),
            _ => None,
        })
        .flat_map(char::to_lowercase)
        .collect()
}

/// The path without `.` and `..`.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                normal.pop();
            }
            _ => normal.push(component),
        }
    }
    normal
}

/// What is wrong with a link of the document at `from`, if anything.
fn fault(link: &str, from: &Path, documents: &BTreeMap<PathBuf, Document>) -> Option<&'static str> {
    let (path, name) = link
        .split_once('#')
        .map_or((link, None), |(path, name)| (path, Some(name)));
    let to = match path {
        "" => from.to_owned(),
        _ => normal(&from.parent()?.join(path)),
    };
    let book = root().join("docs");
    if from.starts_with(&book) && !to.starts_with(&book) {
        return Some("leads out of the book");
    }
    if !to.exists() {
        return Some("there is no such file");
    }
    let known = |name| {
        documents
            .get(&to)
            .is_some_and(|to| to.anchors.contains(name))
    };
    match name {
        Some(name) if !known(name) => Some("there is no such heading"),
        _ => None,
    }
}

fn root() -> PathBuf {
    normal(&Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))
}

/// The Markdown files in `directory` and below it.
fn markdown(directory: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(directory).with_context(|| directory.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            markdown(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "md") {
            files.push(path);
        }
    }
    Ok(())
}

/// The README, what is in `docs`, and what lies beside the crates.
fn documents() -> Result<BTreeMap<PathBuf, Document>> {
    let mut files = vec![root().join("README.md")];
    for directory in ["docs", "crates"] {
        markdown(&root().join(directory), &mut files)?;
    }
    let parse = |path: PathBuf| Ok((path.clone(), Document::parse(&fs::read_to_string(path)?)));
    files.into_iter().map(parse).collect()
}

#[test]
fn every_link_leads_somewhere() -> Result<()> {
    let documents = documents()?;
    let faults: Vec<String> = documents
        .iter()
        .flat_map(|(from, document)| document.links.iter().map(move |link| (from, link)))
        .filter_map(|(from, link)| {
            let fault = fault(link, from, &documents)?;
            Some(format!("{}: {link}: {fault}", from.display()))
        })
        .collect();
    ensure!(faults.is_empty(), "{}", faults.join("\n"));
    let links: usize = documents
        .values()
        .map(|document| document.links.len())
        .sum();
    ensure!(links > 100, "only {links} links were looked at");
    Ok(())
}

#[test]
fn the_book_has_every_page() -> Result<()> {
    let docs = root().join("docs");
    let mut pages = Vec::new();
    markdown(&docs, &mut pages)?;
    let summary = docs.join("SUMMARY.md");
    let listed: BTreeSet<PathBuf> = Document::parse(&fs::read_to_string(&summary)?)
        .links
        .iter()
        .map(|link| docs.join(link))
        .collect();
    let missing: Vec<_> = pages
        .iter()
        .filter(|page| **page != summary && !listed.contains(*page))
        .collect();
    ensure!(missing.is_empty(), "not in SUMMARY.md: {missing:?}");
    Ok(())
}

#[test]
fn what_is_wrong_is_found() {
    let docs = root().join("docs");
    let page = docs.join("page.md");
    let text = "# A `B`, c\n## Twice\n## Twice\n[x](https://example.org) ![y](y.svg) [z](#twice-1)";
    let document = Document::parse(text);
    assert_eq!(document.links, ["y.svg", "#twice-1"]);
    let names: Vec<&str> = document.anchors.iter().map(String::as_str).collect();
    assert_eq!(names, ["a-b-c", "twice", "twice-1"]);
    let documents = BTreeMap::from([(page.clone(), document)]);
    // The page itself is not there: only links within it are asked for.
    let nowhere = docs.join("README.md");
    for (link, from, wrong) in [
        ("none.md", &page, "there is no such file"),
        ("../README.md", &page, "leads out of the book"),
        ("kit.md#nothing", &nowhere, "there is no such heading"),
    ] {
        assert_eq!(fault(link, from, &documents), Some(wrong), "{link}");
    }
    assert_eq!(fault("kit.md", &nowhere, &documents), None);
}
