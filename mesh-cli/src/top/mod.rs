//! `mesh top`: a live view of a process.

mod view;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};

use crate::process::Snapshot;
use view::{View, draw};

/// Shows a running process live: totals, size classes, and what meshing does. q quits
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The number of the process
    #[arg(value_parser = clap::value_parser!(i32).range(1..))]
    pid: i32,
    /// Milliseconds between two looks
    #[arg(long, value_name = "MS", default_value_t = 1000, value_parser = clap::value_parser!(u64).range(100..=60_000))]
    every: u64,
}

/// What a key asks for.
enum Wish {
    Quit,
    Scroll(i32),
}

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let mut view = View::new(Snapshot::take(args.pid)?);
    let every = Duration::from_millis(args.every);
    ensure!(
        std::io::IsTerminal::is_terminal(&std::io::stdout()),
        "standard output is no terminal: `mesh stats {} --watch 1` writes to files",
        args.pid
    );
    let mut terminal = ratatui::try_init()?;
    let outcome = watch(args.pid, every, &mut view, &mut terminal);
    ratatui::restore();
    outcome.map(|()| ExitCode::SUCCESS)
}

fn watch(
    pid: i32,
    every: Duration,
    view: &mut View,
    terminal: &mut ratatui::DefaultTerminal,
) -> Result<()> {
    let mut next = Instant::now() + every;
    loop {
        terminal.draw(|frame| draw(view, frame))?;
        match wish(next.saturating_duration_since(Instant::now()))? {
            Some(Wish::Quit) => return Ok(()),
            Some(Wish::Scroll(by)) => view.scroll(by),
            None => {}
        }
        if Instant::now() >= next {
            next = Instant::now() + every;
            match Snapshot::take(pid) {
                Ok(snapshot) => view.update(snapshot),
                Err(_) => view.end(),
            }
        }
    }
}

/// Waits for a key, for so long at most.
fn wish(time: Duration) -> Result<Option<Wish>> {
    if !event::poll(time)? {
        return Ok(None);
    }
    let Event::Key(key) = event::read()? else {
        return Ok(None);
    };
    if key.kind != KeyEventKind::Press {
        return Ok(None);
    }
    let is_control = key.modifiers.contains(KeyModifiers::CONTROL);
    Ok(match key.code {
        KeyCode::Char('q') | KeyCode::Esc => Some(Wish::Quit),
        KeyCode::Char('c') if is_control => Some(Wish::Quit),
        KeyCode::Down | KeyCode::Char('j') => Some(Wish::Scroll(1)),
        KeyCode::Up | KeyCode::Char('k') => Some(Wish::Scroll(-1)),
        KeyCode::PageDown => Some(Wish::Scroll(10)),
        KeyCode::PageUp => Some(Wish::Scroll(-10)),
        _ => None,
    })
}
