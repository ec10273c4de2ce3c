//! Linker options of `libmesh.so`, and of its variants.

use std::env;

fn main() {
    // The library has thread-local destructors and signal handlers: it must stay once it is loaded. It is initialised
    // before all others, so that its fork handlers are the outermost.
    println!("cargo::rustc-cdylib-link-arg=-Wl,-z,nodelete,-z,initfirst");
    // The package `mesh-ffi` makes `libmesh.so`.
    let package = env::var("CARGO_PKG_NAME").expect("cargo names the package");
    let library = package.trim_end_matches("-ffi").replace('-', "_");
    println!("cargo::rustc-cdylib-link-arg=-Wl,-soname,lib{library}.so");
    // What we call of our own is ours, whatever a program exports by the same name.
    println!("cargo::rustc-cdylib-link-arg=-Wl,-Bsymbolic");
    // `memcpy` and its like, which the compiler calls: see `src/ground/bytes.rs`.
    for name in ["memcpy", "memmove", "memset", "memcmp", "bcmp", "strlen"] {
        println!("cargo::rustc-cdylib-link-arg=-Wl,--defsym={name}=mesh_{name}");
    }
    // What only a static program has use for, and fetches: see `src/ground/alone/linked.rs`.
    for name in [
        "_IO_fread",
        "_IO_setvbuf",
        "__clone",
        "__fork",
        "aio_init",
        "cnd_init",
        "mtx_init",
        "mq_notify",
        "pthread_getattr_np",
        "pthread_setcanceltype",
        "pthread_tryjoin_np",
        "sem_trywait",
        "__sigjmp_save",
        "__clock_gettime",
        "__gettimeofday",
        "__getcpu",
        "___res_query",
        "___res_nquery",
        "___res_search",
        "___res_nsearch",
        "___res_querydomain",
        "___res_nquerydomain",
        "___res_send",
        "___res_nsend",
        "__getpwnam_r",
        "__getpwuid_r",
        "__getgrnam_r",
        "__getgrgid_r",
        "__getservbyname_r",
        "__getservbyport_r",
        "__gethostbyname_r",
        "__gethostbyname2_r",
        "__gethostbyaddr_r",
        "system",
        "setcontext",
        "exit",
        "fgetc",
        "vsnprintf",
        "opendir",
        "fdopendir",
        "readdir64",
        "closedir",
        "qsort",
    ] {
        println!("cargo::rustc-cdylib-link-arg=-Wl,--defsym={name}=mesh_memcpy");
    }
    // Named here, since the package `libc` names it only where no other crate of the same command wants its `std`. Without it
    // the library would not say of which versions its names are.
    println!("cargo::rustc-cdylib-link-arg=-lc");
    println!("cargo::rerun-if-changed=build.rs");
}
