//! Programs that misuse their heap end with a line, where glibc ends them too, and sound ones go on.

use std::fmt::{self, Display};

use anyhow::{Context, Result, bail, ensure};
use mesh_tests::{Outcome, Program, Settings, scene};

/// What an allocator has to say to a case.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Verdict {
    AtOnce,
    ByTheEnd,
    Unnoticed,
    Sound,
}

/// The cases, in one program by name.
struct Cases {
    program: Program,
    list: Vec<(Verdict, String)>,
}

impl Cases {
    fn compile() -> Result<Self> {
        let program = Program::compile(&[
            "misuse/main.c",
            "misuse/twice.c",
            "misuse/inside.c",
            "misuse/elsewhere.c",
            "misuse/regrown.c",
            "misuse/overrun.c",
            "misuse/sound.c",
        ])?;
        let names = scene::without(&program.run().argument("list"))?.succeeded()?;
        let case = |line: &str| {
            let (verdict, name) = line.split_once(' ').context("a verdict and a name")?;
            let verdict = match verdict {
                "at-once" => Verdict::AtOnce,
                "by-the-end" => Verdict::ByTheEnd,
                "unnoticed" => Verdict::Unnoticed,
                "sound" => Verdict::Sound,
                _ => bail!("{line}"),
            };
            Ok((verdict, name.to_owned()))
        };
        let list = names.stdout.lines().map(case).collect::<Result<_>>()?;
        Ok(Self { program, list })
    }

    fn run(&self, name: &str) -> mesh_tests::Run {
        self.program.run().argument(name)
    }
}

/// How a case ended.
struct Ending {
    by_signal: bool,
    went_on: bool,
}

impl Ending {
    fn of(outcome: &Outcome) -> Self {
        Self {
            by_signal: outcome.ending().starts_with("signal"),
            went_on: outcome.stdout.contains("went on"),
        }
    }

    fn is_right(&self, verdict: Verdict) -> bool {
        match verdict {
            Verdict::AtOnce => self.by_signal && !self.went_on,
            Verdict::ByTheEnd => self.by_signal,
            Verdict::Unnoticed => true,
            Verdict::Sound => !self.by_signal && self.went_on,
        }
    }
}

/// Of the misuses, how many were stopped.
#[derive(Default)]
struct Stopped {
    by_us: usize,
    by_glibc: usize,
    of: usize,
}

impl Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            by_us,
            by_glibc,
            of,
        } = self;
        write!(
            f,
            "of {of} misuses {by_us} are stopped, by glibc {by_glibc}"
        )
    }
}

#[test]
fn misuse_ends_the_program_and_nothing_else_does() -> Result<()> {
    let cases = Cases::compile()?;
    for settings in [Settings::release()?, Settings::debug_eager()?] {
        let (mut stopped, mut wrong) = (Stopped::default(), Vec::new());
        for (verdict, name) in &cases.list {
            let glibc = Ending::of(&scene::without(&cases.run(name))?);
            let outcome = scene::under(&cases.run(name), &settings, &[])?;
            let ending = Ending::of(&outcome);
            if !ending.is_right(*verdict) {
                wrong.push(format!("{name}: {outcome}"));
            }
            if *verdict != Verdict::Sound {
                stopped.of += 1;
                stopped.by_us += usize::from(ending.by_signal);
                stopped.by_glibc += usize::from(glibc.by_signal);
            } else if glibc.by_signal {
                wrong.push(format!("{name} is not sound"));
            }
        }
        println!("{}: {stopped}", settings.name());
        ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
    Ok(())
}

/// What is in the heap and no object is one line, and `MESH_ABORT=0` leaves it at that.
#[test]
fn misuse_is_only_reported_when_that_is_wanted() -> Result<()> {
    let cases = Cases::compile()?;
    let ours = [
        "twice",
        "twice-large",
        "twice-many-between",
        "twice-two-threads",
        "inside-a-word",
        "inside-a-quantum",
        "inside-large",
        "usable-size-inside-large",
    ];
    for settings in [Settings::release()?, Settings::debug_eager()?] {
        for name in ours {
            let aborted = scene::under(&cases.run(name), &settings, &[])?;
            ensure!(aborted.ending() == "signal 6", "{name}: {aborted}");
            let tolerant = cases.run(name).variable("MESH_ABORT", "0");
            let tolerated = scene::under(&tolerant, &settings, &[])?.succeeded()?;
            ensure!(tolerated.stdout == "went on\n", "{name}: {tolerated}");
            for outcome in [aborted, tolerated] {
                let lines: Vec<_> = outcome.stderr.lines().collect();
                ensure!(
                    lines.len() == 1 && lines[0].starts_with("mesh: ") && lines[0].contains("0x"),
                    "{name}: {outcome}"
                );
            }
        }
    }
    Ok(())
}
