//! Crates of a few lines.

use std::fs;

use super::Imports;

/// The imports of a crate with these files, as `from -> to`, without `.rs`.
fn imports(files: &[(&str, &str)]) -> (Imports, Vec<String>) {
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let file = directory.path().join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
    let imports = Imports::read(&directory.path().join(files[0].0), directory.path()).unwrap();
    let name = |file: &std::path::Path| file.with_extension("").display().to_string();
    let lines = imports
        .iter()
        .map(|import| format!("{} -> {}", name(&import.from), name(&import.to)))
        .collect();
    (imports, lines)
}

fn lines(files: &[(&str, &str)]) -> Vec<String> {
    imports(files).1
}

#[test]
fn a_parent_that_passes_on_what_its_child_has_imports_nothing() {
    let found = lines(&[
        ("lib.rs", "mod a; mod b; pub use a::A;"),
        ("a.rs", "pub struct A;"),
        ("b.rs", "use crate::A; fn f(_: A) {}"),
    ]);
    assert_eq!(found, ["b -> a"]);
}

#[test]
fn a_parent_and_a_child_that_use_each_other_are_a_circle() {
    let (imports, found) = imports(&[
        ("lib.rs", "mod a; pub(crate) use a::A; pub struct B(A);"),
        ("a.rs", "use super::B; pub struct A; fn f(_: B) {}"),
    ]);
    assert_eq!(found, ["a -> lib", "lib -> a"]);
    let circles = imports.circles();
    assert_eq!(circles.len(), 1);
    assert_eq!(circles[0].len(), 2);
    let text = imports.describe(|_| true);
    assert!(text.contains("  a.rs -> lib.rs  by super::B\n"), "{text}");
}

#[test]
fn a_circle_may_go_through_many_files() {
    let (imports, _) = imports(&[
        ("lib.rs", "mod a; mod b; mod c; mod d;"),
        ("a.rs", "fn f() { crate::b::f() }"),
        ("b/mod.rs", "mod inner; pub use inner::f;"),
        ("b/inner.rs", "pub fn f() { super::super::c::f() }"),
        ("c.rs", "use crate::a; pub fn f() {}"),
        ("d.rs", "use crate::c::f;"),
    ]);
    let circles = imports.circles();
    let files: Vec<_> = circles[0]
        .iter()
        .map(|file| file.to_str().unwrap())
        .collect();
    assert_eq!(circles.len(), 1);
    assert_eq!(files, ["a.rs", "b/inner.rs", "c.rs"]);
}

#[test]
fn every_kind_of_path_counts() {
    let files = |line| {
        lines(&[
            ("lib.rs", "mod a; mod b;"),
            ("a.rs", line),
            (
                "b.rs",
                "pub mod inner { pub struct B; } pub trait T {} pub fn f() {}",
            ),
        ])
    };
    for line in [
        "use crate::{b::{inner::B as C}};",
        "use super::b;",
        "use crate::*; fn g() { b::f() }",
        "fn g() { use crate::b::f; }",
        "fn g() { super::b::f() }",
        "struct G<X: crate::b::T>(X);",
        "fn g() -> Option<crate::b::inner::B> { None }",
        "fn g() { println!(\"{}\", crate::b::f()) }",
        "#[derive(Parser)] struct G { #[arg(value_parser = crate::b::f)] x: u8 }",
        "macro_rules! g { () => { $crate::b::f() } }",
        "mod inner { use super::super::b::f; }",
        "impl crate::b::T for () {}",
    ] {
        assert!(files(line).contains(&"a -> b".to_owned()), "{line}");
    }
    for line in [
        "use b::f;",
        "fn g(b: u8) { let _ = b; println!(\"{}\", self.b) }",
        "/// [`f`](crate::b::f)\npub(crate) fn g() {}",
        "#[cfg(test)] mod tests { use crate::b::f; }",
        "#[cfg(all(test, unix))] use crate::b::f;",
        "pub(in crate) fn g() { h.b::<u8>() }",
    ] {
        assert!(!files(line).contains(&"a -> b".to_owned()), "{line}");
    }
}

#[test]
fn modules_are_found_where_rustc_finds_them() {
    let found = lines(&[
        (
            "main.rs",
            "mod a; #[cfg_attr(unix, path = \"other.rs\")] mod b;",
        ),
        ("a/mod.rs", "mod inner { mod deep; } mod flat;"),
        ("a/inner/deep.rs", "use crate::b::B;"),
        ("a/flat.rs", "mod below;"),
        ("a/flat/below.rs", "use super::super::super::b::B;"),
        ("other.rs", "pub struct B;"),
    ]);
    assert_eq!(found, ["a/flat/below -> other", "a/inner/deep -> other"]);
}

#[test]
fn names_that_lead_back_to_themselves_lead_nowhere() {
    let found = lines(&[
        (
            "lib.rs",
            "mod a; pub use a::*; use libc; fn f() { libc::g(); h() }",
        ),
        (
            "a.rs",
            "pub use super::*; pub use crate::a::N as N; fn f(_: N) {}",
        ),
    ]);
    assert_eq!(found, ["a -> lib"]);
}
