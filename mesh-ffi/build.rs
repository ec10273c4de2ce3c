//! Linker options of `libmesh.so`.

fn main() {
    // The library has thread-local destructors and signal handlers: it must stay once it is loaded. It is initialised
    // before all others, so that its fork handlers are the outermost.
    println!("cargo::rustc-cdylib-link-arg=-Wl,-z,nodelete,-z,initfirst");
    println!("cargo::rustc-cdylib-link-arg=-Wl,-soname,libmesh.so");
    println!("cargo::rerun-if-changed=build.rs");
}
