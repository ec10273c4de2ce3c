//! Hostile settings: what was limited, what the program saw, what the statistics said.
//!
//! | limited | the program sees | the statistics say |
//! |---|---|---|
//! | mappings: used up by the program, or few permitted to us | nothing | steps refused, or meshes unaffordable |
//! | addresses: none left | nothing, as long as it has memory | steps refused |
//! | data, sizes of files and of core files, `PR_SET_DUMPABLE`, user, root directory | nothing | nothing |
//! | descriptors: none left, or all closed and reused | nothing | why the barrier is the other one |
//! | system calls, by a filter from before the start | nothing | the same, and steps refused |
//! | `/proc` | nothing | the same |
//! | memory of the control group | nothing | nothing |
//! | rights of a set-uid program, or no environment at all | nothing | nothing: variables are ignored |
//!
//! Strict overcommit is a setting of the whole machine, so it is not among them.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};

use anyhow::{Context, Result, ensure};
use mesh_tests::compile::Linking;
use mesh_tests::{Case, ControlGroup, Library, Outcome, Program, Run, Settings, scene, statistics};

use crate::conformance::all_ok;

/// Two builds, two barriers, meshes all the time.
fn eager() -> Result<[Settings; 3]> {
    Ok([
        Settings::release_eager()?,
        Settings::release_mprotect()?,
        Settings::debug_eager()?,
    ])
}

/// What the statistics must say.
#[derive(Clone, Copy, PartialEq)]
enum Says {
    /// There were meshes.
    Meshes,
    /// There were meshes, and steps that were refused.
    RefusedSteps,
    /// There were meshes, and some that would have taken too many mappings.
    Unaffordable,
    /// There were no meshes, since steps were refused.
    NothingElse,
    /// There were meshes, behind `mprotect` for this reason.
    Because(&'static str),
}

impl Says {
    fn holds_in(self, outcome: &Outcome, settings: &Settings) -> Result<()> {
        let stderr = &outcome.stderr;
        let meshes = statistics::meshes(stderr).context("no statistics")?;
        let refused = statistics::figure(stderr, "Mesh steps refused:").unwrap_or(0.0);
        let unaffordable = statistics::figure(stderr, "Meshes unaffordable:").unwrap_or(0.0);
        let asked = settings.variables().contains(&("MESH_BARRIER", "mprotect"));
        let holds = match self {
            Self::Meshes => meshes > 0,
            Self::RefusedSteps => meshes > 0 && refused > 0.0,
            Self::Unaffordable => meshes > 0 && unaffordable > 0.0,
            Self::NothingElse => meshes == 0 && refused > 0.0,
            Self::Because(why) => {
                meshes > 0 && (asked || stderr.contains(&format!("mprotect ({why})")))
            }
        };
        ensure!(holds, "{outcome}");
        Ok(())
    }
}

/// The program of `run` behaves as without the library, and passes `checks` checks.
fn unnoticed(run: &Run, checks: usize, says: Says) -> Result<()> {
    let control = scene::without(run)?.succeeded()?;
    all_ok(&control.stdout, checks)?;
    let run = run.clone().variable("MALLOCSTATS", "1");
    for settings in eager()? {
        println!("{run:?} under {}", settings.name());
        let outcome = scene::under(&run, &settings, &[])?.succeeded()?;
        ensure!(outcome.stdout == control.stdout, "{outcome}");
        says.holds_in(&outcome, &settings)?;
    }
    Ok(())
}

fn start() -> Result<Program> {
    Program::compile(&["limits/start.c"])
}

#[test]
fn limits_that_the_program_sets_in_the_middle_of_its_life() -> Result<()> {
    let program = Program::compile(&["limits/limited.c"])?;
    let says = |topic, says| unnoticed(&program.run().argument(topic), 4, says);
    says("no more addresses", Says::RefusedSteps)?;
    says("little more data", Says::Meshes)?;
    says("no growing files", Says::Meshes)?;
    says("no descriptors", Says::Meshes)?;
    says("nobody", Says::Meshes)?;
    says("another root", Says::Meshes)?;
    says("not dumpable", Says::Meshes)
}

/// What `mprotect` is used for.
const FILTERED: Says = Says::Because("system calls are filtered");

#[test]
fn limits_from_before_the_start() -> Result<()> {
    let (start, program) = (start()?, Program::compile(&["limits/limited.c"])?);
    let says = |limits: &[&str], topic, says| {
        let run = start
            .run()
            .arguments(limits)
            .argument("--")
            .argument(program.path());
        unnoticed(&run.argument(topic), 4, says)
    };
    let outside = "limits from outside";
    let rare = ["userfaultfd", "io_uring_setup", "memfd_create"];
    // The last of them, since it is how a filter is installed.
    let kill = rare.iter().chain(&["prctl"]);
    let kill: Vec<_> = kill.flat_map(|call| ["kill", call]).collect();
    says(&kill, outside, FILTERED)?;
    let dispensable = rare.iter().chain(&["membarrier", "process_vm_readv"]);
    let refuse: Vec<_> = dispensable.flat_map(|call| ["refuse", call]).collect();
    says(&refuse, outside, FILTERED)?;
    says(&["refuse", "mremap"], outside, Says::NothingElse)?;
    says(&["refuse", "madvise"], outside, Says::NothingElse)?;
    says(
        &["no-proc"],
        outside,
        Says::Because("/proc does not tell whether system calls are filtered"),
    )
}

/// What is called for nothing but meshing is not called without it, whatever a filter would do.
#[test]
fn filters_that_kill_do_not_matter_without_meshing() -> Result<()> {
    let (start, program) = (start()?, Program::compile(&["limits/limited.c"])?);
    let run = start
        .run()
        .arguments([
            "kill",
            "membarrier",
            "kill",
            "mremap",
            "kill",
            "userfaultfd",
        ])
        .argument("--")
        .argument(program.path())
        .argument("limits from outside");
    let control = Case::new(run).check(&[Settings::disabled()?])?;
    all_ok(&control.stdout, 4)
}

/// With fewer than four descriptors the loader starts no program.
#[test]
fn few_descriptors_from_the_start() -> Result<()> {
    let program = Program::compile(&["limits/limited.c"])?;
    let why = Says::Because("userfaultfd was refused");
    for limit in ["--nofile=4", "--nofile=20"] {
        let run = Run::tool("prlimit")?
            .arguments([limit, "--"])
            .argument(program.path())
            .argument("limits from outside");
        unnoticed(&run, 4, why)?;
    }
    Ok(())
}

#[test]
fn descriptors_that_are_closed_and_reused_while_heaps_are_meshed() -> Result<()> {
    let program = Program::compile(&["limits/closing.c"])?;
    let why = Says::Because("the program closed the userfaultfd");
    unnoticed(&program.run(), 4, why)
}

#[test]
fn few_mappings_for_us() -> Result<()> {
    let program = Program::compile(&["limits/limited.c"])?;
    let run = program
        .run()
        .argument("limits from outside")
        .variable("MESH_MAX_MAPPINGS", "200");
    unnoticed(&run, 4, Says::Unaffordable)
}

#[test]
fn all_mappings_used_up_by_the_program() -> Result<()> {
    let program = Program::compile(&["limits/mappings.c"])?;
    unnoticed(&program.run(), 7, Says::RefusedSteps)
}

#[test]
fn a_control_group_that_is_almost_full() -> Result<()> {
    const LIMIT: usize = 64;
    let (start, program, group) = (
        start()?,
        Program::compile(&["limits/group.c"])?,
        ControlGroup::new(LIMIT)?,
    );
    let run = group
        .run(&start, &program)
        .argument(group.directory())
        .argument(LIMIT.to_string());
    unnoticed(&run, 6, Says::Meshes)?;
    let events = group.events()?;
    ensure!(events.contains("oom_kill 0"), "{events}");
    Ok(())
}

/// While it lives, core files are in the current directory. What was set before is set again.
struct PlainCoreFiles(String);

impl PlainCoreFiles {
    const PATTERN: &str = "/proc/sys/kernel/core_pattern";

    fn set() -> Result<Self> {
        let before = fs::read_to_string(Self::PATTERN)?;
        if before.trim_end() != "core" {
            fs::write(Self::PATTERN, "core").context("kernel.core_pattern is not core")?;
        }
        Ok(Self(before))
    }
}

impl Drop for PlainCoreFiles {
    fn drop(&mut self) {
        if self.0.trim_end() != "core" {
            // It was written a moment ago.
            let _ = fs::write(Self::PATTERN, &self.0);
        }
    }
}

#[test]
fn core_files_have_meshed_objects_and_not_the_window() -> Result<()> {
    let _pattern = PlainCoreFiles::set()?;
    let program = Program::compile(&["limits/core.c"])?;
    unnoticed(&program.run(), 5, Says::Meshes)
}

/// Runs a program that dies, and shows a debugger what is left: the first item of its list, and one in the middle.
const POST_MORTEM: &str = r#"
env ${2:+LD_PRELOAD="$2"} MESH_BARRIER="$3" "$1"
gdb -batch -nx -iex "set debuginfod enabled off" -ex "print *first" -ex "print *first->next->next->next" "$1" core* 2>/dev/null | grep '^\$'
"#;

#[test]
fn a_debugger_finds_meshed_objects_in_a_core_file() -> Result<()> {
    let _pattern = PlainCoreFiles::set()?;
    let program = Program::compile(&["limits/debugged.c"])?;
    let release = Library::release()?.shared();
    let debug = Library::debug()?.shared();
    for (library, barrier, shared) in [
        ("".as_ref(), "auto", "shared: 0"),
        (release.as_os_str(), "auto", "shared: 1"),
        (debug.as_os_str(), "mprotect", "shared: 1"),
    ] {
        let run = Run::tool("sh")?
            .arguments(["-c", POST_MORTEM, "sh"])
            .argument(program.path())
            .argument(library)
            .argument(barrier);
        let outcome = scene::without(&run)?;
        let lines: Vec<_> = outcome.stdout.lines().collect();
        ensure!(lines.first() == Some(&shared), "{outcome}");
        ensure!(lines.len() == 3, "{outcome}");
        for (line, number, weight) in [(lines[1], 19990, "4997.5"), (lines[2], 19960, "4990")] {
            let says = |what: &str| line.contains(what);
            ensure!(says(&format!("number = {number},")), "{outcome}");
            ensure!(says(&format!("name = \"item {number}")), "{outcome}");
            ensure!(says(&format!("weight = {weight}}}")), "{outcome}");
        }
    }
    Ok(())
}

/// Linked, since the loader preloads nothing for these.
#[test]
fn programs_with_more_rights_ignore_variables() -> Result<()> {
    const NOBODY: u32 = 65534;
    for library in [Library::release()?, Library::debug()?] {
        let linking = Linking::WholeArchive(library);
        let program = Program::compile_with(&["limits/secure.c"], linking)?;
        let run = program
            .run()
            .variable("MALLOCSTATS", "1")
            .variable("MESH_PERIOD", "1");
        let usual = scene::without(&run)?.succeeded()?;
        ensure!(usual.stdout.starts_with("usual, variables\n"), "{usual}");
        ensure!(statistics::meshes(&usual.stderr) > Some(0), "{usual}");
        ensure!(usual.stderr.contains("ignored: MESH_PERIOD"), "{usual}");
        chown(program.path(), Some(NOBODY), None)?;
        fs::set_permissions(program.path(), fs::Permissions::from_mode(0o4755))?;
        let secure = scene::without(&run)?.succeeded()?;
        ensure!(secure.stdout.starts_with("secure, variables\n"), "{secure}");
        all_ok(secure.stdout.split_once('\n').map_or("", |all| all.1), 2)?;
        ensure!(secure.stderr.is_empty(), "{secure}");
    }
    Ok(())
}

#[test]
fn programs_without_an_environment() -> Result<()> {
    let start = start()?;
    let linking = Linking::WholeArchive(Library::debug()?);
    let program = Program::compile_with(&["limits/secure.c"], linking)?;
    let run = start
        .run()
        .arguments(["bare", "--"])
        .argument(program.path());
    let outcome = scene::without(&run)?.succeeded()?;
    ensure!(outcome.stdout.starts_with("usual, bare\n"), "{outcome}");
    all_ok(outcome.stdout.split_once('\n').map_or("", |all| all.1), 2)?;
    ensure!(outcome.stderr.is_empty(), "{outcome}");
    Ok(())
}
