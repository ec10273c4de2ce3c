//! Threads and coroutines with small stacks.

use anyhow::{Context, Result, ensure};
use mesh_tests::{Case, Outcome, Program, Settings, scene};

/// Bytes of stack that `malloc` and `free` may take.
const MOST: usize = 1024;

/// Bytes that assertions and walkers may take besides.
const MOST_WITH_ASSERTIONS: usize = 256;

/// Bytes that other functions may take beyond what the C library's take.
const MOST_MORE: usize = 1280;

/// The bytes that a run has measured.
fn bytes(outcome: &Outcome) -> Result<usize> {
    let number = outcome.stdout.trim().parse();
    number.with_context(|| format!("no number:\n{outcome}"))
}

/// Both libraries with both barriers.
fn settings() -> Result<[Settings; 5]> {
    Ok([
        Settings::release_userfaultfd()?,
        Settings::release_mprotect()?,
        Settings::debug_userfaultfd()?,
        Settings::debug_mprotect()?,
        Settings::disabled()?,
    ])
}

/// Measures a function under the library and without it. The `most` that it may take is told from what it takes without.
fn measure(functions: &[&str], most: impl Fn(usize) -> usize) -> Result<()> {
    let program = Program::compile(&["stack/main.c"])?;
    for function in functions {
        // Functions are looked up before the stack is measured.
        let run = program
            .run()
            .argument(*function)
            .variable("LD_BIND_NOW", "1");
        let without = bytes(&scene::without(&run)?.succeeded()?)?;
        for settings in settings()? {
            let outcome = scene::under(&run, &settings, &[])?.succeeded()?;
            let with = bytes(&outcome)?;
            println!("{function}: {with} bytes, {without} without the library");
            let besides = if settings.has_assertions() {
                MOST_WITH_ASSERTIONS
            } else {
                0
            };
            ensure!(
                with <= most(without) + besides,
                "{function}: {with} bytes under\n{outcome}"
            );
        }
    }
    Ok(())
}

#[test]
fn allocation_needs_little_stack() -> Result<()> {
    measure(&["one-block", "churn", "growth", "large-blocks"], |_| MOST)
}

#[test]
fn wrapped_functions_need_little_more_stack_than_those_of_the_c_library() -> Result<()> {
    let functions = [
        "poll",
        "nanosleep",
        "select",
        "epoll_wait",
        "pread",
        "readv",
        "sigaction",
        "sigprocmask",
        "stat",
        "syscall",
        "fork",
        "malloc_trim",
    ];
    measure(&functions, |without| without + MOST_MORE)
}

#[test]
fn coroutines_on_two_kibibytes_allocate() -> Result<()> {
    let program = Program::compile(&["stack/coroutine.c"])?;
    for size in ["2048", "4096", "8192"] {
        let run = program.run().argument(size).variable("LD_BIND_NOW", "1");
        let control = Case::new(run).meshing().check(&settings()?)?;
        ensure!(!control.stdout.contains("FAIL"), "{control}");
    }
    Ok(())
}
