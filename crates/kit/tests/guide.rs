//! The guide quotes the examples: what it shows is what is compiled and tested.

use std::fs;
use std::io;
use std::path::Path;

/// The lines of all files below a directory, file after file.
fn lines_below(directory: &Path) -> io::Result<Vec<String>> {
    let mut lines = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            lines.extend(lines_below(&path)?);
        } else {
            lines.extend(fs::read_to_string(path)?.lines().map(trimmed));
        }
    }
    Ok(lines)
}

/// A line wherever it is indented to.
fn trimmed(line: &str) -> String {
    line.trim().to_owned()
}

#[test]
fn every_line_of_code_is_quoted() -> io::Result<()> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let examples = lines_below(&here.join("examples"))?;
    let guide = fs::read_to_string(here.join("../../docs/kit.md"))?;
    let blocks: Vec<_> = guide.split("```rust\n").skip(1).collect();
    assert!(blocks.len() > 10, "the guide has code");
    for block in blocks {
        let (code, _) = block.split_once("```").expect("a block ends");
        let code: Vec<_> = code.lines().map(trimmed).collect();
        let is_quoted = examples.windows(code.len()).any(|lines| lines == code);
        assert!(is_quoted, "not in this form in any example:\n{code:#?}");
    }
    Ok(())
}
