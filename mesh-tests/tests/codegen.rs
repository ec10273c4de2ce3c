//! The machine code of the fast paths.
//!
//! What a small allocation and a small free may cost is said in instructions that must not be
//! there. Cold parts are separate functions that the fast path jumps to.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use mesh_tests::{Library, tool};

/// The instructions of one function, in the order of their addresses.
#[derive(Debug)]
struct Function {
    name: &'static str,
    instructions: Vec<String>,
}

impl Function {
    /// Disassembles a function that `library` exports.
    fn of(library: &Path, name: &'static str) -> Result<Self> {
        let symbols = output(&["nm", "-D", "-S", "--defined-only"], library)?;
        let range = symbols.lines().find_map(|line| {
            let mut fields = line.split_whitespace();
            let start = u64::from_str_radix(fields.next()?, 16).ok()?;
            let size = u64::from_str_radix(fields.next()?, 16).ok()?;
            (fields.nth(1)? == name).then_some((start, start + size))
        });
        let (start, end) = range.with_context(|| format!("{name} has no size:\n{symbols}"))?;
        let start = format!("--start-address={start}");
        let end = format!("--stop-address={end}");
        let listing = output(
            &["objdump", "-d", "--no-show-raw-insn", &start, &end],
            library,
        )?;
        let instruction = |line: &str| {
            let (address, text) = line.trim_start().split_once(":\t")?;
            u64::from_str_radix(address, 16).ok()?;
            // The comment behind an address names its symbol.
            Some(text.split(" #").next().unwrap_or(text).trim().to_owned())
        };
        let instructions: Vec<_> = listing.lines().filter_map(instruction).collect();
        ensure!(!instructions.is_empty(), "{name} has no code:\n{listing}");
        Ok(Self { name, instructions })
    }

    /// From the entry to the first return: the hot path, as the compiler lays it out.
    fn hot(&self) -> Result<&[String]> {
        let end = self
            .instructions
            .iter()
            .position(|text| text.starts_with("ret"));
        let end = end.with_context(|| format!("{} never returns:\n{self}", self.name))?;
        Ok(&self.instructions[..=end])
    }

    /// Fails if an instruction of the whole function is dear.
    fn has_no(&self, what: &str, is: impl Fn(&str) -> bool) -> Result<()> {
        let found = self.instructions.iter().find(|text| is(text));
        ensure!(
            found.is_none(),
            "{what} in {}: {found:?}\n{self}",
            self.name
        );
        Ok(())
    }
}

impl std::fmt::Display for Function {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{}:\n    {}",
            self.name,
            self.instructions.join("\n    ")
        )
    }
}

fn output(command: &[&str], library: &Path) -> Result<String> {
    let output = Command::new(tool::find(command[0])?)
        .args(&command[1..])
        .arg(library)
        .output()?;
    ensure!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(String::from_utf8(output.stdout)?)
}

fn mnemonic(text: &str) -> &str {
    text.split_whitespace().next().unwrap_or(text)
}

/// A function whose hot path is cheap: at most so many instructions, and none that is dear.
fn cheap(name: &'static str, most: usize) -> Result<()> {
    let function = Function::of(Library::release()?.shared(), name)?;
    function.has_no("an atomic read-modify-write", |text| {
        text.starts_with("lock")
    })?;
    // `xchg` with memory is atomic without saying so.
    function.has_no("an exchange", |text| {
        mnemonic(text).starts_with("xchg") && text.contains('(')
    })?;
    function.has_no("a division", |text| {
        ["div", "idiv"]
            .iter()
            .any(|name| mnemonic(text).starts_with(name))
    })?;
    function.has_no("a fence", |text| mnemonic(text).ends_with("fence"))?;
    let hot = function.hot()?;
    println!(
        "{name}: {} instructions, {} to the first return",
        function.instructions.len(),
        hot.len()
    );
    ensure!(hot.len() <= most, "more than {most}\n{function}");
    let call = hot.iter().find(|text| mnemonic(text).starts_with("call"));
    ensure!(
        call.is_none(),
        "a call on the hot path of {name}: {call:?}\n{function}"
    );
    Ok(())
}

#[test]
fn malloc_is_cheap() -> Result<()> {
    cheap("malloc", 20)
}

#[test]
fn free_is_cheap() -> Result<()> {
    cheap("free", 24)
}
