//! The how-tos of `docs/guide`, tried as a new user would: their commands succeed, and write what the pages say.

mod page;
mod prefix;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use page::Page;
use prefix::Prefix;

fn guide() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/guide")
}

fn page(file: &str) -> Result<Page> {
    let text = fs::read_to_string(guide().join(file)).with_context(|| file.to_owned())?;
    Page::parse(&text).with_context(|| file.to_owned())
}

/// A test for each page.
macro_rules! pages {
    ($($name:ident: $file:literal),*) => {
        const TRIED: &[&str] = &[$($file),*];
        $(
            #[test]
            fn $name() -> Result<()> {
                page($file)?.try_out(&Prefix::new()?).context($file)
            }
        )*
    };
}

pages! {
    quick_start: "quick-start.md",
    tuning: "tuning.md",
    c_and_cpp: "c-and-cpp.md",
    heap_profile: "heap-profile.md",
    troubleshooting: "troubleshooting.md"
}

#[test]
fn every_page_with_commands_is_tried() -> Result<()> {
    for entry in fs::read_dir(guide())? {
        let name = entry?.file_name().into_string().unwrap_or_default();
        if name.ends_with(".md") {
            let has_commands = page(&name)?.has_commands();
            let is_tried = TRIED.contains(&name.as_str());
            ensure!(has_commands == is_tried, "{name}: commands {has_commands}");
        }
    }
    Ok(())
}

/// What becomes of a page of this text.
fn tried(text: &str) -> String {
    let result = Page::parse(text).and_then(|page| page.try_out(&Prefix::new()?));
    result.map_or_else(|error| format!("{error:#}"), |()| "as it says".to_owned())
}

#[test]
fn what_does_not_hold_is_found() {
    let file = "```c,file=some.c\nint x;\n```\n";
    let read = "```sh,run\ncat some.c; seq 3\n```\n";
    let page = format!("{file}{read}```text,output\nint …;\n…\n3\n```\n");
    assert_eq!(tried(&page), "as it says");
    let other = format!("{file}{read}```text,output\n3\nint x;\n```\n");
    assert!(tried(&other).contains("does not say `int x;`"));
    assert!(tried(read).contains("exit 1"));
    assert!(tried("```sh,run\ntrue\n```\n```text,output\nx\n```\n").contains("does not say `x`"));
    assert!(tried("```text,output\nx\n```\n").contains("output of nothing"));
}
