//! A page with commands. Three kinds of code blocks are more than text: ```` ```LANGUAGE,file=NAME ```` is a file of this name,
//! ```` ```sh,run ```` is run by the shell, and ```` ```text,output ```` is what the block before wrote. `…` stands for anything; lines between the lines shown
//! are left out.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use mesh_tests::Run;
use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};

use super::Prefix;

/// Far above what any command of a page takes.
const LIMIT: Duration = Duration::from_secs(120);

enum Block {
    File { name: String, text: String },
    Commands { text: String, output: Vec<String> },
}

pub(super) struct Page(Vec<Block>);

impl Page {
    pub(super) fn parse(text: &str) -> Result<Self> {
        let mut blocks = Vec::new();
        let mut open: Option<(String, String)> = None;
        for event in Parser::new(text) {
            match event {
                Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                    open = Some((info.into_string(), String::new()));
                }
                Event::Text(part) => {
                    if let Some((_, text)) = &mut open {
                        text.push_str(&part);
                    }
                }
                Event::End(TagEnd::CodeBlock) => {
                    if let Some((info, text)) = open.take() {
                        add(&mut blocks, &info, text)?;
                    }
                }
                _ => {}
            }
        }
        Ok(Self(blocks))
    }

    pub(super) fn has_commands(&self) -> bool {
        let is_run = |block: &Block| matches!(block, Block::Commands { .. });
        self.0.iter().any(is_run)
    }

    /// Does what the page says, in a directory of its own.
    pub(super) fn try_out(&self, prefix: &Prefix) -> Result<()> {
        let directory = tempfile::tempdir()?;
        for block in &self.0 {
            match block {
                Block::File { name, text } => fs::write(directory.path().join(name), text)?,
                Block::Commands { text, output } => {
                    let script = format!("exec 2>&1\n{text}");
                    let run = Run::tool("bash")?
                        .arguments(["-eu", "-c", &script])
                        .within(LIMIT);
                    let outcome = prefix.seen_by(run).finish(directory.path())?.succeeded();
                    let said = outcome.with_context(|| text.clone())?.stdout;
                    compare(&said, output).with_context(|| text.clone())?;
                }
            }
        }
        Ok(())
    }
}

fn add(blocks: &mut Vec<Block>, info: &str, text: String) -> Result<()> {
    match info.split_once(',').map(|(_, role)| role) {
        Some("run") => blocks.push(Block::Commands {
            text,
            output: Vec::new(),
        }),
        Some("output") => {
            let Some(Block::Commands { output, .. }) = blocks.last_mut() else {
                bail!("the output of nothing");
            };
            *output = text.lines().map(str::to_owned).collect();
        }
        Some(role) => {
            let name = role.strip_prefix("file=");
            let name = name.with_context(|| format!("an unknown kind of block: {info}"))?;
            let name = name.to_owned();
            blocks.push(Block::File { name, text });
        }
        None => {}
    }
    Ok(())
}

/// Fails with the first line that is not in the output, after those before it.
fn compare(said: &str, expected: &[String]) -> Result<()> {
    let mut lines = said.lines();
    for line in expected.iter().filter(|line| line.trim() != "…") {
        ensure!(
            lines.any(|said| fits(said, line)),
            "it does not say `{line}`, at its place:\n{said}"
        );
    }
    Ok(())
}

/// Whether `said` is `line`, but for what `…` stands for and for the width of spaces.
fn fits(said: &str, line: &str) -> bool {
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    matches(&words(said), &words(line))
}

fn matches(said: &str, line: &str) -> bool {
    let Some((first, rest)) = line.split_once('…') else {
        return said == line;
    };
    let Some(said) = said.strip_prefix(first) else {
        return false;
    };
    let mut ends = said.char_indices().map(|(at, _)| at).chain([said.len()]);
    ends.any(|at| matches(&said[at..], rest))
}

#[test]
fn a_line_fits_but_for_what_is_left_open() {
    for (said, line) in [
        ("a  b", "a b"),
        ("saved 54.5 MiB by 579", "saved … MiB by …"),
        ("x", "…"),
    ] {
        assert!(fits(said, line), "{line}");
    }
    for (said, line) in [
        ("ab", "a"),
        ("saved 0 B", "saved … MiB"),
        ("a b c", "a … b"),
    ] {
        assert!(!fits(said, line), "{line}");
    }
}
