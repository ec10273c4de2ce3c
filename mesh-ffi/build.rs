//! Linker options of `libmesh.so`, and of its variants.

use std::path::Path;
use std::{env, fs};

fn main() {
    // The library has thread-local destructors and signal handlers: it must stay once it is loaded. It is initialised
    // before all others, so that its fork handlers are the outermost.
    println!("cargo::rustc-cdylib-link-arg=-Wl,-z,nodelete,-z,initfirst");
    // The package `mesh-ffi` makes `libmesh.so`, which linked programs ask for as `libmesh.so.1`: see
    // `docs/decisions/038-names.md`.
    let package = env::var("CARGO_PKG_NAME").expect("cargo names the package");
    let library = match package.as_str() {
        // Cargo calls the file otherwise: it is installed under the name that it says itself.
        "mesh-je-ffi" => "mesh-je.so".to_owned(),
        package => format!(
            "{}.so.1",
            package.trim_end_matches("-ffi").replace('-', "_")
        ),
    };
    // Whether the library has jemalloc's names as well: see `src/face/jemalloc`.
    println!("cargo::rustc-check-cfg=cfg(jemalloc_names)");
    if package == "mesh-je-ffi" {
        println!("cargo::rustc-cfg=jemalloc_names");
    }
    println!("cargo::rustc-cdylib-link-arg=-Wl,-soname,lib{library}");
    // By this number a debugger finds the file with the library's lines.
    println!("cargo::rustc-cdylib-link-arg=-Wl,--build-id=sha1");
    // What we call of our own is ours, whatever a program exports by the same name.
    println!("cargo::rustc-cdylib-link-arg=-Wl,-Bsymbolic");
    // `memcpy` and its like, which the compiler calls: see `src/ground/bytes`.
    for name in ["memcpy", "memmove", "memset", "memcmp", "bcmp", "strlen"] {
        println!("cargo::rustc-cdylib-link-arg=-Wl,--defsym={name}=mesh_{name}");
    }
    // What tells the library from a program that is linked with `libmesh.a`: see `src/ground/loaded/list.rs`.
    println!("cargo::rustc-cdylib-link-arg=-Wl,--defsym=mesh_is_shared=mesh_memcpy");
    // What only a static program has use for: see `src/ground/alone/linked.rs`.
    for name in [
        "_IO_list_lock",
        "_IO_list_resetlock",
        "_IO_list_unlock",
        "__clone",
        "__fork",
        "__libc_single_threaded",
        "cnd_init",
        "mq_notify",
        "mtx_init",
        "pthread_setcanceltype",
    ] {
        println!("cargo::rustc-cdylib-link-arg=-Wl,--defsym={name}=mesh_memcpy");
    }
    // Named here, since the package `libc` names it only where no other crate of the same command wants its `std`. Without it
    // the library would not say of which versions its names are.
    println!("cargo::rustc-cdylib-link-arg=-lc");
    if env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|processor| processor != "x86_64") {
        // On x86-64 the compiler brings it along, and uses it by itself.
        println!("cargo::rustc-cdylib-link-arg=-fuse-ld=lld");
    }
    export_only_from_library();
    put_first();
    println!("cargo::rerun-if-changed=build.rs");
}

/// Has the linker define and export the names of `only-shared.txt` in what it links here, and nowhere else: see
/// `src/ground/only_shared.rs`. The compiler has a list of exported names of its own, to which this one is added: lld, which the
/// compiler brings along and uses, takes both; GNU's `ld` refuses a second one. Neither names a version: names that had one would not
/// stand in front of the C library's.
fn export_only_from_library() {
    let names = include_str!("only-shared.txt");
    let directory = env::var("OUT_DIR").expect("cargo names a directory");
    let list = Path::new(&directory).join("only-shared.map");
    let mut exported = String::new();
    for name in names.lines() {
        println!("cargo::rustc-cdylib-link-arg=-Wl,--defsym={name}=mesh_shared_{name}");
        exported = format!("{exported} {name};");
    }
    fs::write(&list, format!("{{ global:{exported} }};\n"))
        .expect("the directory is there to be written to");
    println!(
        "cargo::rustc-cdylib-link-arg=-Wl,--version-script={}",
        list.display()
    );
    println!("cargo::rerun-if-changed=only-shared.txt");
}

/// Has the linker put what small programs run too in front of all other code, so that they have few pages of it in memory: the functions
/// that `first.txt` names, in its order. A line is the path of a module or of a function; parts of it between which something else may
/// stand are apart. What is not there is passed over: it is inlined, or has another name by now.
fn put_first() {
    let directory = env::var("OUT_DIR").expect("cargo names a directory");
    let script = Path::new(&directory).join("first.ld");
    let mut sections = String::new();
    for name in include_str!("first.txt").lines() {
        // As the compiler writes paths: each part behind its length.
        let mangled: Vec<String> = name
            .split(' ')
            .map(|path| {
                let parts = path.split("::").filter(|part| !part.is_empty());
                parts.map(|part| format!("{}{part}", part.len())).collect()
            })
            .collect();
        let pattern = match name.contains("::") {
            true => format!(".text*{}*", mangled.join("*")),
            // As it is.
            false => format!(".text.{name}"),
        };
        sections = format!("{sections}    *({pattern})\n");
    }
    let script_text =
        format!("SECTIONS {{\n  .text.first : {{\n{sections}  }}\n}}\nINSERT BEFORE .text;\n");
    fs::write(&script, script_text).expect("the directory is there to be written to");
    println!("cargo::rustc-cdylib-link-arg=-Wl,-T,{}", script.display());
    println!("cargo::rerun-if-changed=first.txt");
}
