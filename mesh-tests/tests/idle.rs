//! A program that waits gives its memory back, and notices nothing else of it.

use anyhow::{Context, Result, anyhow, ensure};
use mesh_tests::{Case, Program, Settings, scene};

use crate::conformance::all_ok;

const WAYS: [&str; 5] = ["endless", "ticking", "polling", "selecting", "sleeping"];

#[test]
fn a_server_that_waits_is_compacted() -> Result<()> {
    let program = Program::compile(&["idle/server.c"])?;
    for way in WAYS {
        let run = program.run().argument(way);
        for settings in [
            Settings::release()?,
            Settings::release_mprotect()?,
            Settings::release_background()?,
        ] {
            let outcome = scene::under(&run, &settings, &[])?.succeeded()?;
            all_ok(&outcome.stdout, 2)?;
        }
        // Without meshing the test can tell the difference.
        let outcome = scene::under(&run, &Settings::disabled()?, &[])?.succeeded()?;
        ensure!(outcome.stdout.contains("FAIL half"), "{outcome}");
    }
    Ok(())
}

/// Programs that run at the same time.
const TOGETHER: usize = 6;

/// Waits of a program with one thread, which have no end of their own.
const ALONE: [&str; 26] = [
    "read",
    "readv",
    "syscall",
    "recv",
    "recvfrom",
    "recvmsg",
    "recvmmsg",
    "accept",
    "msgrcv",
    "mq_receive",
    "sem_wait",
    "sem_timedwait",
    "epoll_pwait2",
    "poll_chk",
    "waitpid",
    "wait4",
    "waitid",
    "pause",
    "sigsuspend",
    "sigwait",
    "sigwaitinfo",
    "sigtimedwait",
    "futex",
    "condition",
    "sleep",
    "poll",
];

#[test]
fn a_program_is_compacted_in_every_wait() -> Result<()> {
    let program = Program::compile(&["idle/every_wait.c"])?;
    for (settings, lines) in [
        (Settings::release()?, 4),
        (Settings::release_mprotect()?, 3),
    ] {
        for ways in ALONE.chunks(TOGETHER) {
            std::thread::scope(|scope| {
                let begun = ways.iter().map(|way| {
                    let (program, settings) = (&program, &settings);
                    let run = move || -> Result<()> {
                        let run = program.run().argument(*way);
                        let outcome = scene::under(&run, settings, &[])?.succeeded()?;
                        all_ok(&outcome.stdout, lines).with_context(|| format!("{way}:\n{outcome}"))
                    };
                    scope.spawn(run)
                });
                let begun: Vec<_> = begun.collect();
                begun
                    .into_iter()
                    .try_for_each(|run| run.join().map_err(|_| anyhow!("the thread has ended"))?)
            })?;
        }
    }
    Ok(())
}

/// Topics of `calls.c`, and the lines that they print.
const TOPICS: [&str; 7] = [
    "ending",
    "restarting",
    "ignored",
    "delays",
    "times",
    "cancellation",
    "others",
];

#[test]
fn calls_that_wait_are_as_without_the_library() -> Result<()> {
    let program = Program::compile(&["idle/calls.c"])?;
    for topic in TOPICS {
        let control = Case::new(program.run().argument(topic))
            .meshing()
            .check(&[Settings::release()?, Settings::release_mprotect()?])?;
        ensure!(!control.stdout.contains("FAIL"), "{control}");
    }
    Ok(())
}

#[test]
fn signals_end_waits_in_which_the_heap_is_compacted() -> Result<()> {
    let program = Program::compile(&["idle/signals.c"])?;
    for settings in [Settings::release()?, Settings::release_mprotect()?] {
        let outcome = scene::under(&program.run(), &settings, &[])?.succeeded()?;
        all_ok(&outcome.stdout, 28)?;
    }
    Ok(())
}

#[test]
fn select_is_as_without_the_library() -> Result<()> {
    let program = Program::compile(&["idle/select.c"])?;
    let control = Case::new(program.run()).meshing().check(&[
        Settings::release()?,
        Settings::release_eager()?,
        Settings::release_mprotect()?,
        Settings::debug_eager()?,
        Settings::release_background()?,
    ])?;
    all_ok(&control.stdout, 28)
}
