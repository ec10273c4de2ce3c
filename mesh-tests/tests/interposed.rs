//! Programs, and libraries in front of the allocator, that export functions of the C library's names.

use anyhow::Result;
use mesh_tests::compile::Linking;
use mesh_tests::{Case, Program, Run, Settings, scene};

use crate::conformance::all_ok;

fn settings() -> Result<[Settings; 3]> {
    Ok([
        Settings::release_eager()?,
        Settings::debug_eager()?,
        Settings::release_mprotect()?,
    ])
}

/// The program does the same as without the library, and passes `checks` checks.
fn same(run: Run, checks: usize) -> Result<()> {
    all_ok(&Case::new(run).check(&settings()?)?.stdout, checks)
}

/// What a program does that has an allocator of its own: the witness would find that its `malloc` is not ours.
fn same_with_own(run: &Run, checks: usize) -> Result<()> {
    all_ok(&scene::without(run)?.succeeded()?.stdout, checks)?;
    for settings in settings()? {
        let outcome = scene::without(&run.clone().under(&settings))?.succeeded()?;
        all_ok(&outcome.stdout, checks)?;
    }
    Ok(())
}

fn exporting(source: &str) -> Result<Program> {
    Program::compile_with(&[source], Linking::Exporting)
}

#[test]
fn nothing_of_the_program_is_called_from_inside() -> Result<()> {
    same(exporting("interposed/everything.c")?.run(), 1)
}

#[test]
fn an_allocator_that_hands_on_to_the_c_library_names() -> Result<()> {
    same_with_own(&exporting("interposed/allocator.c")?.run(), 2)
}

#[test]
fn an_allocator_that_gets_back_what_the_c_library_made() -> Result<()> {
    same_with_own(&exporting("interposed/results.c")?.run(), 8)
}

#[test]
fn a_sigaction_that_calls_the_next_by_another_name() -> Result<()> {
    same(exporting("interposed/sigaction.c")?.run(), 3)
}

/// The library in front is not the allocator's to know: what it shows, and when it allocates, is its own.
#[test]
fn a_library_in_front_and_behind() -> Result<()> {
    let front = Program::compile_with(&["interposed/front.c"], Linking::Plugin)?;
    let program = Program::compile(&["interposed/behind.c"])?;
    let alone = program.run().preload(front.path());
    all_ok(&scene::without(&alone)?.succeeded()?.stdout, 3)?;
    for settings in settings()? {
        for run in [
            program.run().preload(front.path()).under(&settings),
            program.run().under(&settings).preload(front.path()),
        ] {
            all_ok(&scene::without(&run)?.succeeded()?.stdout, 3)?;
        }
    }
    Ok(())
}

#[test]
fn what_the_loader_has_to_say_is_kept() -> Result<()> {
    same(
        Program::compile(&["interposed/loader.c"])?
            .run()
            .argument("error"),
        2,
    )
}

#[test]
fn children_do_not_wait_for_the_loader() -> Result<()> {
    same(
        Program::compile(&["interposed/loader.c"])?
            .run()
            .argument("children"),
        1,
    )
}

#[test]
fn operators_that_stand_on_replaced_ones() -> Result<()> {
    same(Program::compile(&["interposed/operators.cpp"])?.run(), 9)
}

#[test]
fn operators_use_an_allocator_of_the_program() -> Result<()> {
    same_with_own(&exporting("interposed/allocator.cpp")?.run(), 1)
}

#[test]
fn operators_of_a_plugin_in_a_host_of_c() -> Result<()> {
    let host = Program::compile(&["interposed/host.c"])?;
    for linking in [
        Linking::Plugin,
        Linking::PluginWith(&["-static-libstdc++", "-static-libgcc"]),
    ] {
        let plugin = Program::compile_with(&["interposed/plugin.cpp"], linking)?;
        same(host.run().argument(plugin.path()), 2)?;
    }
    Ok(())
}
